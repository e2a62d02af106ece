// SPDX-License-Identifier: MIT
// How a worker takes the order to stop, while nothing of it would be lost. Most end at once. One
// that has something to do at its end has drain.stop_timeout for that. And some take no notice:
// they stand before the next request as if nobody had told them, and meanwhile others wait for
// their place. So it is looked at what a worker does, not only how long it takes.
//
// A signal can be lost on its way: libfcgi looks whether one has come and then calls accept(), and
// one that comes in between is not seen until the next. So it is sent once more before the kill,
// and only to a worker that takes no notice: some programs take a second one for "leave all and
// go". Plain state, no decision of its own but what follows from a look.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"

#include <algorithm>

namespace recycler::slots {

// An idle worker that takes no notice is sent the stop signal once more after `again`, and killed
// after `grace`: most programs end within some milliseconds, and a busy machine may take some times
// as long. After `known` where the slot's worker before took none either. Each is short enough for
// requests to wait in the queue.
inline constexpr Duration k_stop_again = std::chrono::milliseconds(100);
inline constexpr Duration k_stop_grace = std::chrono::milliseconds(250);
inline constexpr Duration k_stop_known = std::chrono::milliseconds(50);

// Look how the worker takes the order to stop; answered by HeedingSeen.
struct LookHeeding {
    WorkerId worker;
};

// `ignores`: each of its threads does what it did before it was told, or waits for the next
// request, and at least one of them waits for it.
struct HeedingSeen {
    WorkerId worker;
    bool ignores = false;
};

// What the last idle worker of a slot that was told to stop has taught.
struct Stops {
    Duration took{};      // until it had ended; 0: none was told yet
    bool ignored = false; // it took no notice
    bool told = false;    // that one did not end by itself, to people
};

// One idle worker, from the order until its end.
struct Heeding {
    // The pause between two looks doubles up to this.
    static constexpr Duration k_longest = std::chrono::seconds(1);

    MonoTime told_at;
    MonoTime look_at;
    Duration pause = k_stop_known;
    bool again = false;   // was told a second time
    bool ignored = false; // takes no notice, and is to be killed
    bool killed = false;

    static Heeding begin(MonoTime now, const Stops& before) {
        return {.told_at = now,
                .look_at = now + (before.ignored ? k_stop_known : k_stop_again),
                .again = before.ignored};
    }

    void looked(MonoTime now) {
        look_at = now + pause;
        pause = std::min(pause * 2, k_longest);
    }

    enum class Next { wait, tell_again, kill };
    // After such a look.
    [[nodiscard]] Next seen(MonoTime now, bool ignores) {
        if (!ignores || killed) {
            return Next::wait;
        }
        if (!again) {
            again = true;
            look_at = std::max(told_at + k_stop_grace, now + k_stop_known);
            return Next::tell_again;
        }
        ignored = true;
        return Next::kill;
    }
};

} // namespace recycler::slots
