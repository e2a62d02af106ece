// SPDX-License-Identifier: MIT
// What is seen of a worker past recycle.memory, to learn whether it stays where it is: what its
// requests load looks like a leak until then. It is let live on for that up to a ceiling, or it is
// being replaced and serves until then anyway. Knows no policy and orders nothing.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/triggers/growth/trend.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::slots {

// `below`: what took it past the limit went with its request.
enum class Shows { nothing_yet, stays, grows, below };

class LivingOn {
  public:
    // Of a worker that has reached `limit`, where the first sample found it at `fresh`; `ceiling`
    // is as far as it may go; none: it is being replaced. Until `until` it has time to show
    // something.
    LivingOn(const triggers::Trend& trend, Bytes fresh, Bytes limit, std::optional<Bytes> ceiling,
             MonoTime until);

    // After each sample. It stays when it has served so many requests at one level that a leak
    // would have left it; it grows when its requests go on leaving as much behind as before, or
    // when it has reached the ceiling. One that shows neither in time counts as one that grows.
    [[nodiscard]] Shows look(const triggers::Trend& trend);

    [[nodiscard]] const std::optional<Bytes>& ceiling() const { return ceiling_; }
    void is_replaced() { ceiling_.reset(); }
    // Where it stays, and what it had served when it came there.
    [[nodiscard]] Bytes level() const { return level_; }
    [[nodiscard]] std::uint64_t level_served() const { return level_served_; }

    // For `status`: completes "waiting for ...".
    [[nodiscard]] std::string in_words() const;

  private:
    void begin(const triggers::Sample& last);
    [[nodiscard]] bool stays(const triggers::Sample& last) const;
    [[nodiscard]] bool grows(const triggers::Sample& last) const;

    std::optional<Bytes> ceiling_;
    MonoTime until_;
    Bytes limit_;
    Bytes fresh_;
    bool begun_ = false; // a look between requests has told what it has at the limit
    Bytes at_limit_;
    std::uint64_t served_at_limit_ = 0;
    std::uint64_t requests_ = 0; // to serve at one level
    Bytes level_;
    std::uint64_t level_served_ = 0;
    std::uint32_t looks_ = 0; // at that level
};

} // namespace recycler::slots
