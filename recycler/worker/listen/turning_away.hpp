// SPDX-License-Identifier: MIT
// Ends connections that wait in a listener which nobody serves, and never waits for anybody. What
// each is told: request/refusal.hpp. Knows nothing of why nobody serves.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace recycler::worker {

// Answered connections whose client is still sending are kept open for so long, and so many of them
// at once: a connection that is closed with bytes unread is reset, and Apache sends such a request
// again, as far as it has its body. On a local network 2 s are enough for any body that a balancer
// holds.
inline constexpr Duration k_lingers = std::chrono::seconds(2);
inline constexpr std::size_t k_most_lingering = 64;
// So many of those that are turned away at once are told by what they asked for.
inline constexpr std::size_t k_most_told = 5;

class TurningAway {
  public:
    struct Done {
        std::uint32_t taken = 0;
        std::uint32_t lost = 0;           // of those, whose client had not gone away meanwhile
        std::vector<std::string> first{}; // requests of those, request::in_words()
        std::optional<Error> error{};     // why it stopped early
    };
    // At most `most`. While it runs the listener does not block, for whoever else may hold it.
    [[nodiscard]] Done turn_away(int listener, std::uint32_t most, MonoTime now);

    // Takes what those still send who are kept open.
    void read_on(MonoTime now);
    // When read_on() is wanted; none: nobody is kept open.
    [[nodiscard]] std::optional<MonoTime> next(MonoTime now) const;

  private:
    struct Lingering {
        UniqueFd connection;
        MonoTime until;
    };
    void end(UniqueFd connection, MonoTime now, Done& done);

    std::deque<Lingering> lingering_; // the next to be closed first
};

} // namespace recycler::worker
