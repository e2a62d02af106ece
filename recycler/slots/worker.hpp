// SPDX-License-Identifier: MIT
// One worker as the decider sees it: when it came, what it listens on, what was measured of it.
// What it is doing at present is the business of the state that holds it (front.hpp, slot.hpp).
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"
#include "recycler/slots/due/living_on.hpp"
#include "recycler/slots/handover/keeping.hpp"
#include "recycler/triggers/growth/trend.hpp"

#include <algorithm>
#include <optional>

namespace recycler::slots {

// A pause between two looks at something the kernel does not announce: it doubles up to
// `k_longest`.
struct Looks {
    // A parked or drained worker is found within a twentieth of a second, and a drain of minutes
    // costs next to nothing.
    static constexpr Duration k_longest = std::chrono::milliseconds(50);
    MonoTime next;
    Duration pause = std::chrono::milliseconds(1);
    bool last = false; // the one before the cut has been ordered

    enum class Turn { wait, look, cut };
    // What is to be done now for a worker that is cut off at `cut_at`: a controller that was held
    // up may have missed that it has become idle, so it is looked at once more before that.
    [[nodiscard]] Turn turn(MonoTime now, std::optional<MonoTime> cut_at) {
        const bool cut = last && now >= next;
        const bool look = !last && (now >= next || (cut_at && now >= *cut_at));
        last = last || (cut_at && now >= *cut_at);
        return cut ? Turn::cut : look ? Turn::look : Turn::wait;
    }
    // When turn() has something to say.
    [[nodiscard]] MonoTime deadline(std::optional<MonoTime> cut_at) const {
        return last || !cut_at ? next : std::min(next, *cut_at);
    }
    void again(MonoTime now) {
        next = now + (last ? k_longest : pause);
        pause = std::min(pause * 2, k_longest);
    }
    // Of a successor that was launched at `since`: it is found to be ready at most a quarter of its
    // start late. With doubled pauses a start of 33 ms is found after 63 ms, and whoever is due
    // goes on beyond its limit meanwhile.
    void again_by_age(MonoTime now, MonoTime since) {
        next =
            now + std::clamp<Duration>((now - since) / 4, std::chrono::milliseconds(1), k_longest);
    }
};

struct Worker {
    WorkerId id;
    ListenerId listener;
    std::uint32_t plan = 0; // the number of the plan that it was started by; grows as plans change
    MonoTime launched_at;
    std::optional<MonoTime> ready_at;
    MonoTime sample_at;
    Duration sample_slack{}; // so much before that, too, when others are looked at
    Duration until_look{};   // from the last sample to the next
    triggers::Trend trend;
    std::optional<triggers::Sample> last;
    std::optional<Bytes> baseline{}; // what it needs before it leaks, as far as samples have told
    // When it reaches recycle.requests, or has, as the last sample predicts; none: not known, it
    // serves nobody, or it has not served half of that.
    std::optional<MonoTime> full_at{};
    Bytes need{}; // the most that it had while it started, or until it was warm (room.hpp)
    std::optional<Bytes> fresh{};       // what it had when it was just ready
    std::optional<MonoTime> max_at{};   // when it will reach memory.max, if that is to be expected
    bool may_go_early = false;          // replaced before recycle.memory: it is past half way there
    Keeping keeping{};                  // of connections that rest in it
    std::optional<LivingOn> lives_on{}; // past recycle.memory: whether it stays there
    std::optional<std::uint32_t> spare{}; // the number that it had while it waited for a slot
    Bytes booted{}; // what it had when it took that, as far as a look at room has seen it
};

} // namespace recycler::slots
