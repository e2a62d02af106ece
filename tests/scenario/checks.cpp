// SPDX-License-Identifier: MIT
// What must hold when nothing is happening any more, and when the app has ended.
#include "tests/scenario/world.hpp"

#include <algorithm>

namespace scenario {

namespace {

bool one_is_out(const std::vector<slots::Slot>& slots) {
    return std::any_of(slots.begin(), slots.end(),
                       [](const slots::Slot& slot) { return slot.wanted == slots::Wanted::out; });
}

} // namespace

void World::check_quiet(const slots::Slot& slot) {
    const std::string which = "slot " + std::to_string(slot.id.index);
    std::size_t shown = 0;
    std::size_t open = 0;
    for (const auto& [id, listener] : listeners_) {
        open += id.slot == slot.id ? 1 : 0;
        shown += id.slot == slot.id && listener.shown ? 1 : 0;
    }
    std::size_t alive = 0;
    for (const auto& [id, worker] : workers_) {
        alive += id.slot == slot.id && worker.alive ? 1 : 0;
    }
    const bool drained = slot.wanted == slots::Wanted::out;
    if (open != 1 || shown != (drained ? 0u : 1u)) {
        complain(which + " has " + std::to_string(open) + " listeners, " + std::to_string(shown) +
                 " shown, when all is quiet");
    }
    if (alive != 1) {
        complain(which + " has " + std::to_string(alive) + " workers when all is quiet");
    }
    if (!drained && !listeners_[slot.listener].reached()) {
        complain(which + " is not reached when all is quiet");
    }
    const bool fresh_can_be_had = machine_.can_show || slot.unsteerable != slot.listener;
    if (!drained && slot.held == slot.listener && fresh_can_be_had) {
        complain(which + " shares its listener with an outsider when all is quiet");
    }
    // One that is stuck may wait for as long as the operator keeps another slot out.
    const bool held_back = slot.due && (slot.due->waiting_for == slots::k_waits_for_budget ||
                                        one_is_out(decider_->slots()));
    if (listeners_[slot.listener].queued > 0 && !held_back) {
        complain(which + " leaves connections in its queue when all is quiet");
    }
    // What a worker that stands still leaves there, the controller closes after some seconds.
    const slots::Worker* front = slots::worker_of(slot.front);
    const bool stands = front != nullptr && workers_[front->id].stands;
    if (kept_.in_channel(slot.id) > 0 && !held_back && !stands) {
        complain(which + " leaves kept connections in its channel when all is quiet");
    }
    const bool at_rest = std::holds_alternative<slots::Serving>(slot.front) ||
                         std::holds_alternative<slots::Drained>(slot.front);
    if (!at_rest || slot.retiring || slot.successor || !slot.doomed.empty() || !slot.dead.empty()) {
        complain(which + " is still busy with itself when all is quiet");
    }
    if (std::holds_alternative<slots::Serving>(slot.front) == drained) {
        complain(which + " is not where it was wanted");
    }
}

// Nobody waits for longer than restart.queue_timeout at a listener that has no worker, times in
// which a start is under way not counted. A slot that the operator has taken out is the operator's.
void World::check_unattended() {
    constexpr Duration rounded = 2s; // looks come at full seconds
    for (auto& [id, listener] : listeners_) {
        const slots::Slot* slot = std::as_const(*decider_).find(id.slot);
        // Behind a broken listener they wait for the worker before it to retire.
        const bool behind = slot != nullptr && slot->broken && slot->retiring;
        const bool kept =
            slot == nullptr || slot->wanted != slots::Wanted::in || stopping_ || behind;
        bool starts = false;
        bool served = false;
        for (const auto& [worker_id, worker] : workers_) {
            const bool its = worker.alive && worker.listener == id;
            starts = starts || its;
            served = served || (its && worker.ready_at && *worker.ready_at <= now_);
        }
        listener.unserved += listener.is_unserved ? now_ - listener.looked_at : Duration::zero();
        if (kept || served || listener.queued == 0) {
            listener.unserved = {};
        }
        listener.is_unserved = !kept && !starts && listener.queued > 0;
        listener.looked_at = now_;
        if (listener.is_unserved && listener.unserved > policy_.restart.queue_timeout + rounded) {
            complain(std::to_string(listener.queued) + " wait at " + name(id) +
                     " for nobody, and are not turned away");
        }
    }
}

void World::check_quiet() {
    if (outage_.told > outage_.turned_away || decider_->turned_away() > outage_.turned_away) {
        complain("more are told to be turned away than were");
    }
    for (const slots::Slot& slot : decider_->slots()) {
        check_quiet(slot);
    }
    check_spares();
    for (const WorkerId id : launched_) {
        const bool lives = workers_.contains(id) && workers_.at(id).alive;
        const std::size_t records = recorded_.count(id);
        if (records != (lives ? 0u : 1u)) {
            complain("worker " + name(id) + " has " + std::to_string(records) + " records");
        }
    }
    // A recycle may wait for as long as the operator keeps another slot out; `status` says so.
    const auto& slots = decider_->slots();
    const bool held_back =
        std::any_of(slots.begin(), slots.end(),
                    [](const slots::Slot& s) { return s.due && !s.due->waiting_for.empty(); }) &&
        std::any_of(slots.begin(), slots.end(),
                    [](const slots::Slot& s) { return s.wanted == slots::Wanted::out; });
    if (!asked_.empty() && !held_back) {
        complain(std::to_string(asked_.size()) + " operator calls were never answered");
    }
}

void World::check_ended() {
    if (!finished_) {
        complain("the app was asked to stop and never finished");
    }
    if (!listeners_.empty()) {
        complain("a listener was left open");
    }
    for (const auto& [id, worker] : workers_) {
        complain("worker " + name(id) +
                 (worker.alive ? " was left alive" : " was left unrecorded"));
    }
}

} // namespace scenario
