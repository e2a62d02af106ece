// SPDX-License-Identifier: MIT
// What has been complained of lately, so that each trouble is told once, however often it comes
// back.
#pragma once

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/units.hpp"

#include <map>
#include <set>
#include <string>

namespace recycler::events {

class Complaints {
  public:
    // Whether `message` is to be told: it was not, of late, nor one within the last minute that
    // differs from it in numbers alone, of another worker for one. Many others in between make it
    // news again.
    [[nodiscard]] bool is_new(const std::string& message, MonoTime now) {
        constexpr std::size_t k_remembered = 256;
        if (told_.size() >= k_remembered) {
            told_.clear();
            alike_.clear();
        }
        const auto [alike, first] = alike_.try_emplace(text::without_numbers(message), now);
        if (told_.contains(message) || (!first && now - alike->second < k_quiet)) {
            return false;
        }
        alike->second = now;
        told_.insert(message);
        return true;
    }

  private:
    static constexpr Duration k_quiet = std::chrono::minutes(1);

    std::set<std::string> told_;
    std::map<std::string, MonoTime> alike_; // when a message like it was told last
};

} // namespace recycler::events
