// SPDX-License-Identifier: MIT
#include "recycler/explain/gates.hpp"

#include <algorithm>

namespace recycler::explain {

namespace {

using Until = std::function<WallTime(SlotIndex, WallTime)>;
using Marks = std::vector<GateMark>::const_iterator;

ClosedFor closed_for(const GateMark& mark) {
    return !mark.trigger.empty() ? ClosedFor::recycle
           : mark.has_worker     ? ClosedFor::hung
                                 : ClosedFor::restart;
}

// What follows the closing at once says what it was closed for.
void learn(Closing& open, const GateMark& mark) {
    using Kind = GateMark::Kind;
    if (mark.kind == Kind::braked && open.what_for == ClosedFor::restart) {
        open.what_for = ClosedFor::brake;
    } else if (mark.kind == Kind::stopping && open.what_for == ClosedFor::drain) {
        open.what_for = mark.trigger.empty() ? ClosedFor::stop : ClosedFor::recycle;
        open.trigger = mark.trigger;
    } else if ((mark.kind == Kind::draining && open.what_for == ClosedFor::hung) ||
               (mark.kind == Kind::drained && open.what_for != ClosedFor::recycle)) {
        open.what_for = ClosedFor::drain;
    }
}

// One slot's marks.
void walk_gate(Marks from, Marks to, const Until& until, std::vector<Closing>& closings) {
    Closing* open = nullptr;
    for (auto mark = from; mark != to; ++mark) {
        if (open != nullptr && mark->at > open->until) {
            open = nullptr; // by a daemon that is gone
        }
        if (mark->kind == GateMark::Kind::closed) {
            open = &closings.emplace_back(Closing{.slot = mark->slot,
                                                  .from = mark->at,
                                                  .until = until(mark->slot, mark->at),
                                                  .what_for = closed_for(*mark),
                                                  .trigger = mark->trigger});
        } else if (open != nullptr && mark->kind == GateMark::Kind::opened) {
            open->until = mark->at;
            open = nullptr;
        } else if (open != nullptr) {
            learn(*open, *mark);
        }
    }
}

// Whether it was a stuck worker that was ended behind this gate: its record says so, its events do
// not.
bool ends_stuck_one(const Closing& closing, const std::vector<Death>& deaths) {
    for (auto death = std::ranges::lower_bound(deaths, closing.from, {}, &Death::at);
         death != deaths.end() && death->at <= closing.until; ++death) {
        if (death->slot == closing.slot) {
            return death->unserved > Duration::zero();
        }
    }
    return false;
}

} // namespace

std::vector<Closing> find_closings(std::vector<GateMark> marks, const Until& until,
                                   const std::vector<Death>& deaths) {
    std::ranges::stable_sort(marks, [](const GateMark& a, const GateMark& b) {
        return std::pair(a.slot, a.at) < std::pair(b.slot, b.at);
    });
    std::vector<Closing> closings;
    for (auto from = marks.cbegin(); from != marks.cend();) {
        const auto to = std::find_if(from, marks.cend(),
                                     [&](const GateMark& m) { return m.slot != from->slot; });
        walk_gate(from, to, until, closings);
        from = to;
    }
    std::ranges::stable_sort(closings, {}, &Closing::from);
    for (Closing& closing : closings) {
        if (closing.what_for == ClosedFor::hung && ends_stuck_one(closing, deaths)) {
            closing.what_for = ClosedFor::stuck;
        }
    }
    return closings;
}

} // namespace recycler::explain
