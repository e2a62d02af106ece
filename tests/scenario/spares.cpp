// SPDX-License-Identifier: MIT
// The model's side of workers that wait for a slot: they boot like others, nobody reaches them, and
// each takes one slot at most.
#include "tests/scenario/world.hpp"

#include <algorithm>
#include <utility>

namespace scenario {

namespace {

bool is_asked_for(const slots::Slot& slot) {
    return slot.due &&
           (slot.due->trigger == Trigger::operator_ || slot.due->trigger == Trigger::policy);
}

std::set<SlotId> all_asked_for(const slots::Decider& decider) {
    std::set<SlotId> due;
    for (const slots::Slot& slot : decider.slots()) {
        if (is_asked_for(slot)) {
            due.insert(slot.id);
        }
    }
    return due;
}

} // namespace

// Whether the launch was that of a spare into its slot.
bool World::take_spare(const slots::Launch& a) {
    if (!a.spare) {
        return false;
    }
    auto taken = workers_.extract(*a.spare);
    if (taken.empty()) {
        complain("worker " + name(a.worker) + " is to be " + name(*a.spare) +
                 ", which is not there or has a slot already");
        return true;
    }
    ModelWorker& worker = taken.mapped();
    if (!worker.ready_at || *worker.ready_at > now_) {
        complain(name(*a.spare) + " is given a slot before it is ready");
    }
    launched_.erase(*a.spare);
    worker.listener = a.listener;
    worker.launched_at = now_;
    worker.booted = true;
    worker.ready_at = calm_ || !spares_.dice.one_in(40)
                          ? std::optional(now_ + spares_.dice.upto(5ms))
                          : std::nullopt;
    if (!listeners_.contains(a.listener) && worker.alive) {
        worker.exits_at = now_; // it cannot come there
    }
    const bool takes_more = Bytes{worker.bloat} < need();
    workers_.insert({a.worker, std::move(worker)});
    if (takes_more) { // else it is no worse than if it went on waiting
        check_room(a.worker, Bytes{});
    }
    return true;
}

// Of a look whether it is ready; whether it was one at a spare that cannot be.
bool World::cannot_wait(WorkerId id) {
    if (id.slot != k_spare_slot || !spares_.unfit) {
        return false;
    }
    note(slots::SpareUnfit{id, "the model says so"});
    return true;
}

void World::note_trial(const slots::Announce& a) {
    ModelTrial& trial = spares_.trial;
    if (a.name == EventName::spare_starting && !a.text.empty()) {
        trial = {.spare = a.generation, .due = all_asked_for(*decider_)};
    } else if (a.name == EventName::trial_failed && a.generation == trial.spare && !trial.asked) {
        for (const SlotId slot : all_asked_for(*decider_)) {
            if (!trial.due.contains(slot)) {
                complain("slot " + std::to_string(slot.index) +
                         " is due although the trial has failed");
            }
        }
    }
}

void World::change_spares() {
    if (spares_.on && spares_.dice.one_in(2)) {
        policy_.capacity.spares = static_cast<std::uint32_t>(spares_.dice.below(4));
    }
}

void World::check_spares() {
    std::size_t alive = 0;
    for (const auto& [id, worker] : workers_) {
        const bool spare = id.slot == k_spare_slot && worker.alive;
        alive += spare ? 1 : 0;
        if (spare && decider_->spares().find(id.generation) == nullptr) {
            complain(name(id) + " is left behind when all is quiet");
        }
    }
    const bool possible = machine_.parkable && machine_.spares && !spares_.unfit;
    const std::size_t wanted = possible ? policy_.capacity.spares : 0;
    if (alive > wanted) {
        complain(std::to_string(alive) + " spares wait when all is quiet, and " +
                 std::to_string(wanted) + " are wanted");
    }
    if (alive < wanted && decider_->why_no_spare().empty()) {
        complain("spares are missing for no reason when all is quiet");
    }
}

} // namespace scenario
