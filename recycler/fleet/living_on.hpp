// What is seen of a worker that is let live on past recycle.memory, to learn whether it stays where
// it is: what its requests load looks like a leak until then. Knows no policy and orders nothing.
#pragma once

#include "policies/trend.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <string>

namespace recycler::fleet {

enum class Shows { nothing_yet, stays, grows };

class LivingOn {
  public:
    // Of a worker that has reached `limit`, where the first sample found it at `fresh`; `ceiling`
    // is as far as it may go. Until `until` it has time to show something.
    LivingOn(const policies::Trend& trend, Bytes fresh, Bytes limit, Bytes ceiling, MonoTime until);

    // After each sample. It stays when it has served so many requests at one level that a leak
    // would have left it; it grows when its requests go on leaving as much behind as before, or
    // when it has reached the ceiling. One that shows neither in time counts as one that grows.
    [[nodiscard]] Shows look(const policies::Trend& trend);

    [[nodiscard]] Bytes ceiling() const { return ceiling_; }
    // Where it stays, and what it had served when it came there.
    [[nodiscard]] Bytes level() const { return level_; }
    [[nodiscard]] std::uint64_t level_served() const { return level_served_; }

    // For `status`: completes "waiting for ...".
    [[nodiscard]] std::string in_words() const;

  private:
    [[nodiscard]] bool stays(const policies::Sample& last) const;
    [[nodiscard]] bool grows(const policies::Sample& last) const;

    Bytes ceiling_;
    MonoTime until_;
    Bytes tolerance_;
    Bytes fresh_;
    Bytes at_limit_;
    std::uint64_t served_at_limit_ = 0;
    std::uint64_t requests_ = 0; // to serve at one level
    Bytes level_;
    std::uint64_t level_served_ = 0;
    std::uint32_t looks_ = 0; // at that level
};

} // namespace recycler::fleet
