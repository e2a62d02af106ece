// SPDX-License-Identifier: MIT
// An order that could not be carried out, and that the decider tries again at growing intervals.
// No event says that an attempt succeeded: one that has not failed by a later instant has.
#pragma once

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/units.hpp"

#include <algorithm>
#include <string>

namespace recycler::slots {

struct Pauses {
    Duration first;
    Duration longest;
};
// A gate that is not as it should be: somebody waits in front of it, or should not.
inline constexpr Pauses k_gate_pauses{std::chrono::milliseconds(100), std::chrono::seconds(5)};
// A worker that cannot be replaced goes on serving, and each attempt costs something.
inline constexpr Pauses k_handover_pauses{std::chrono::seconds(1), std::chrono::minutes(1)};
// Nothing is attempted: memory may be free at any time, and a look at it costs little.
inline constexpr Pauses k_room_pauses{std::chrono::seconds(1), std::chrono::seconds(5)};

struct Retry {
    std::string why{}; // what failed last, on what, and what the system said
    MonoTime since{};  // the first failure
    MonoTime next{};
    Duration pause{};
    bool tried = false; // at `next`

    // Returns whether that is news: it did not fail before, or for a reason that differs in more
    // than numbers.
    bool failed(MonoTime now, const std::string& reason, const Pauses& pauses) {
        const bool first = pause == Duration{};
        since = first ? now : since;
        pause = first ? pauses.first : std::min(pause * 2, pauses.longest);
        next = now + pause;
        const bool news = text::without_numbers(why) != text::without_numbers(reason);
        why = reason;
        tried = false;
        return news;
    }

    enum class Turn { wait, again, done };
    // `again`: the caller is to try it now. `done`: the last attempt did not fail.
    Turn turn(MonoTime now) {
        if (tried) {
            return now > next ? Turn::done : Turn::wait;
        }
        if (now < next) {
            return Turn::wait;
        }
        tried = true;
        next = now;
        return Turn::again;
    }
};

} // namespace recycler::slots
