// SPDX-License-Identifier: MIT
// Who waits in a slot that cannot serve. While a start is under way that has not failed, waiting is
// better than being refused; after a failed one, or while the brake holds the next one back, it
// comes to an end within restart.queue_timeout: the gate is closed as soon as nobody who comes can
// be served by then, even if it is the last one open, and whoever is in the queue is turned away.
// Plain values, no behaviour but the sharing out.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recycler::slots {

// Accept at most so many connections that wait in the listener, without waiting for any, and end
// each; answered by TurnedAway. The listener is never closed for it: that would reset what waits,
// uncounted.
struct TurnAway {
    ListenerId listener;
    std::uint32_t most = 0;
};
// `lost`: of those, whose client still waited. `more`: others may wait behind them. `first`: what
// some of those that are lost had asked for, "POST /pay": bounded, printable.
struct TurnedAway {
    ListenerId listener;
    std::uint32_t taken = 0;
    std::uint32_t lost = 0;
    bool more = false;
    std::vector<std::string> first{};
};

// The event names at most so many of the requests that are turned away together.
inline constexpr std::size_t k_most_named = 5;

// Requests that are lost together.
struct Lost {
    std::uint32_t count = 0;
    std::vector<std::string> first{};

    void add(const TurnedAway& more) {
        count += more.lost;
        for (const std::string& request : more.first) {
            if (first.size() < k_most_named) {
                first.push_back(request);
            }
        }
    }
};

// Nobody serves the listener: a start failed, or the brake holds the next one back. Ends when a
// worker is ready.
struct Unattended {
    MonoTime since;         // restart.queue_timeout counts from then on
    bool failed = false;    // a start has; else the next one is only late
    std::uint32_t last = 0; // generation of whoever ended last
    MonoTime look_at;       // what waits is turned away then, if no start is under way
    Duration pause{};       // between two looks
    // Of a round that goes on: so many may still be turned away before somebody is started.
    std::optional<std::uint32_t> left{};
    Lost lost{};                   // in this round
    std::uint32_t lost_in_all = 0; // since nobody serves the listener
};

// Measured: 6 us for a GET, 9 to 17 for a POST. A turn may take 5 ms.
inline constexpr std::uint32_t k_turned_away_a_turn = 128;
// And the next ones follow after this.
inline constexpr Duration k_turn_away_again = std::chrono::milliseconds(1);

// For people, while no slot of the app can start a worker.
inline constexpr const char* k_serves_nobody =
    "No slot can start a worker: every request is refused, or turned away within "
    "restart.queue_timeout. `recyclerctl why` says why they end. Recycler tries to start workers "
    "again by itself, and at once after `recyclerctl reload` or `recyclerctl recycle`.";

// What all slots together may turn away in one turn.
class TurnAwayShare {
  public:
    std::uint32_t take(MonoTime now, std::uint32_t wanted) {
        left_ = now == turn_ ? left_ : k_turned_away_a_turn;
        turn_ = now;
        const std::uint32_t taken = std::min(left_, wanted);
        left_ -= taken;
        return taken;
    }

  private:
    MonoTime turn_;
    std::uint32_t left_ = k_turned_away_a_turn;
};

} // namespace recycler::slots
