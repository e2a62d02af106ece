#include "recycler/fleet/handover.hpp"

namespace recycler::fleet {

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

Handover queue(const Situation& s) {
    if (!s.parkable) {
        // Without the recorder nothing stops a worker between two requests: its replacement must
        // stand beside it.
        if (!s.steerable) {
            return Wait{k_waits_for_steering};
        }
        return s.predecessor ? Handover{Wait{"the previous worker to finish its last requests"}}
                             : Handover{Overlap{}};
    }
    if (!s.budget) {
        return Wait{k_waits_for_budget};
    }
    return Queue{};
}

Handover close(const Situation& s) {
    if (!s.can_show || s.last_open) {
        return queue(s);
    }
    if (auto wait = not_yet_closed(s)) {
        return *wait;
    }
    return Close{};
}

Handover overlap(const Situation& s) {
    if (!s.steerable) {
        return s.parkable ? queue(s) : close(s);
    }
    if (s.predecessor) {
        return Wait{"the previous worker to finish its last requests"};
    }
    const bool runs_away = s.until_max && s.learned_start && *s.until_max < 2 * *s.learned_start;
    if (runs_away && s.in_rotation && s.can_show && !s.last_open && !not_yet_closed(s)) {
        return OverlapBehindClosedGate{};
    }
    return Overlap{};
}

} // namespace

Handover choose_handover(const Situation& s) {
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
    if (s.room && !s.predecessor) {
        return overlap(s);
    }
    return s.learned_start && *s.learned_start <= k_short_start ? queue(s) : close(s);
}

} // namespace recycler::fleet
