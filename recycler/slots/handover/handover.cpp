// SPDX-License-Identifier: MIT
#include "recycler/slots/handover/handover.hpp"

namespace recycler::slots {

namespace {

using policies::HandoverMode;

// Closing a gate needs all of: the right to open it again, another open gate, the budget, and the
// last one settled.
std::optional<Wait> not_yet_closed(const Situation& s) {
    if (!s.budget) {
        return Wait{k_waits_for_budget};
    }
    if (s.settling) {
        return Wait{"traffic on the slot that was opened last (capacity.settle)"};
    }
    return std::nullopt;
}

// It would be out of memory before a start that waits for others is over.
bool runs_away(const Situation& s) {
    return s.until_max && s.learned_start && *s.until_max < 2 * *s.learned_start;
}

// What uses the budget up may last until drain.timeout, and the kernel would kill this worker amid
// a request before that. In the queue its requests wait for the next one, and none is lost.
bool cannot_wait(const Situation& s) {
    const Duration takes = 2 * (s.learned_start.value_or(Duration::zero()) +
                                s.learned_stop.value_or(Duration::zero()));
    return s.reserve && s.until_max && *s.until_max < takes + k_to_begin;
}

// One that joins no other is hidden until its worker is ready, and shown then.
Handover beside(const Situation& s) {
    if (!s.steerable && !s.can_show) {
        return Wait{k_waits_for_steering};
    }
    if (s.predecessor) {
        return Wait{"the previous worker to finish its last requests"};
    }
    if (!s.room && !s.fresh) {
        return Wait{k_waits_for_room};
    }
    return s.steerable ? Handover{Overlap{}} : Handover{OverlapApart{}};
}

Handover queue(const Situation& s) {
    if (!s.parkable || !s.keeps) {
        // Without the recorder nothing stops a worker between two requests, and who shuts its
        // listener down at its end loses the queue: its replacement must stand beside it.
        return beside(s);
    }
    if (!s.budget && !cannot_wait(s)) {
        return Wait{k_waits_for_budget};
    }
    return Queue{};
}

Handover close(const Situation& s) {
    if (!s.can_show || s.last_open) {
        return queue(s);
    }
    if (auto wait = not_yet_closed(s)) {
        return cannot_wait(s) && s.parkable && s.keeps ? Handover{Queue{}} : Handover{*wait};
    }
    return Close{};
}

// The replacement starts when the old worker has given its memory back.
Handover one_after_the_other(const Situation& s) {
    const bool is_short =
        s.learned_start &&
        *s.learned_start + s.learned_stop.value_or(Duration::zero()) <= k_short_start;
    return s.keeps && is_short ? queue(s) : close(s);
}

// A second worker beside the old one could end a third that serves: the kernel kills for memory.
Handover without_room(const Situation& s) {
    return s.room_will_come && !runs_away(s) ? Handover{Wait{k_waits_for_room}}
                                             : one_after_the_other(s);
}

Handover overlap(const Situation& s) {
    if (!s.steerable && !s.can_show && !s.fresh) {
        return s.parkable ? queue(s) : close(s);
    }
    if (s.predecessor) {
        return beside(s);
    }
    if (!s.room && !s.fresh) {
        return without_room(s);
    }
    if (runs_away(s) && s.in_rotation && s.can_show && !s.last_open && !not_yet_closed(s)) {
        return OverlapBehindClosedGate{};
    }
    return beside(s);
}

} // namespace

Handover choose_handover(const Situation& s) {
    if (s.fresh) {
        return overlap(s);
    }
    switch (s.configured) {
    case HandoverMode::overlap:
        return overlap(s);
    case HandoverMode::queue:
        return queue(s);
    case HandoverMode::close:
        return close(s);
    case HandoverMode::automatic:
        break;
    }
    if (s.predecessor) {
        return one_after_the_other(s);
    }
    return s.room ? overlap(s) : without_room(s);
}

} // namespace recycler::slots
