// What has been complained of lately, so that each trouble is told once, however often it comes
// back.
#pragma once

#include <set>
#include <string>

namespace recycler::controller {

class Complaints {
  public:
    // Whether `message` is to be told: it was not, of late. Many others in between make it news
    // again.
    [[nodiscard]] bool is_new(const std::string& message) {
        constexpr std::size_t k_remembered = 256;
        if (told_.size() >= k_remembered) {
            told_.clear();
        }
        return told_.insert(message).second;
    }

  private:
    std::set<std::string> told_;
};

} // namespace recycler::controller
