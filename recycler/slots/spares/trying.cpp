// SPDX-License-Identifier: MIT
// A fresh spare is tried before all workers are replaced: by an operator's `recycle all`, which is
// how a new release comes into force, or because of a changed policy. If it becomes ready the
// others follow, and it serves the first slot. If it does not, nobody is touched, and whoever has
// asked is told why. A changed policy stays in force all the same: for the workers that serve it
// holds as far as it touches no worker, and whoever is started next is started by it.
//
// Where there is no spare to try (memory, a program that cannot wait for a slot), or nothing to
// lose by not trying one (slots whose workers keep ending), all are replaced at once.
#include "recycler/slots/decider.hpp"

#include <algorithm>

namespace recycler::slots {

namespace {

// By then those before it have ended, and it is known whether there is memory for it.
constexpr Duration k_trial_begins = std::chrono::seconds(5);

constexpr const char* k_tried_first =
    "it is tried first: if it is ready, all workers are replaced, and else none";

// Its workers keep ending: whatever is started next cannot be worse.
bool fails(const Slot& slot, MonoTime now) {
    return slot.wanted != Wanted::gone && (slot.unattended || slot.brake.holds(now));
}

} // namespace

bool Decider::is_tried_for(RequestId request) const {
    return trial_ && std::ranges::find(trial_->reloads, request) != trial_->reloads.end();
}

bool Decider::tries_first() const {
    return spare_rules().wanted > 0 && spares_.is_fit(plan_) && machine_.dry_run == DryRun::off &&
           std::ranges::none_of(slots_, [this](const Slot& slot) { return fails(slot, now_); });
}

// One that is being tried is not fresh enough for what is asked now.
Trial& Decider::begin_trial(Trigger trigger) {
    spares_.outdate(now_, trigger);
    if (!trial_) {
        trial_.emplace();
    }
    trial_->spare.reset();
    trial_->start_by = now_ + k_trial_begins;
    return *trial_;
}

void Decider::settle_trial() {
    if (!trial_) {
        return;
    }
    if (spare_rules().wanted == 0 || !spares_.is_fit(plan_)) {
        pass_trial(); // what cannot be had is told already
        return;
    }
    if (!trial_->spare) {
        start_tried();
        return;
    }
    const Spare* spare = spares_.find(*trial_->spare);
    if (spare == nullptr || is_ending(*spare)) {
        fail_trial();
    } else if (is_ready(*spare)) {
        pass_trial();
    }
}

void Decider::start_tried() {
    const bool may_come = !spares_.ending() && spares_.has_row();
    if (!may_come && now_ < trial_->start_by) {
        return;
    }
    if (!spares_.has_row()) {
        pass_trial("the ends of too many spares are not recorded yet");
        return;
    }
    if (room_.fresh(now_) && room_.admits(slots_, expected())) {
        trial_->spare = spares_.start(spare_rules(), k_tried_first);
    } else if (room_.fresh(now_)) {
        pass_trial("there is no memory for one more worker");
    } else if (now_ < trial_->start_by) {
        look_at_room();
    } else {
        pass_trial("it is not known whether there is memory for one more worker");
    }
}

// `untried`: why there was no trial.
void Decider::pass_trial(std::string untried) {
    const Trial trial = *std::exchange(trial_, std::nullopt);
    if (!untried.empty()) {
        act(Announce{.name = EventName::spare_untried,
                     .slot = k_spare_slot,
                     .trigger = std::nullopt,
                     .text = std::move(untried)});
    }
    if (trial.by_policy) {
        std::vector<SlotId> left_alone = to_remove_;
        for (const Slot& slot : slots_) {
            const Worker* front = worker_of(slot.front);
            const bool follows = slot.successor && slot.successor->worker.plan == plan_;
            if (follows || (front != nullptr && front->plan == plan_)) {
                left_alone.push_back(slot.id);
            }
        }
        outdate(left_alone);
    }
    for (const RequestId request : trial.reloads) {
        act(Reply{.request = request});
    }
    if (!trial.by_operator) {
        return;
    }
    std::vector<SlotId> all;
    for (const Slot& slot : slots_) {
        if (slot.wanted != Wanted::gone) {
            all.push_back(slot.id);
        }
    }
    if (trial.recycles.empty()) {
        recycle(0, all); // whoever asked has gone
    }
    for (const RequestId request : trial.recycles) {
        recycle(request, all);
    }
}

void Decider::fail_trial() {
    const WorkerId failed{k_spare_slot, *trial_->spare};
    const bool by_policy = trial_->by_policy;
    act(Announce{.name = EventName::trial_failed,
                 .slot = failed.slot,
                 .generation = failed.generation,
                 .trigger = std::nullopt,
                 .text = by_policy ? "no worker was replaced; but by the changed policy whoever is "
                                     "started next is started, also in the place of one that ends"
                                   : "no worker was replaced"});
    end_trial(by_policy
                  ? "the changed policy is in force, but no worker was replaced: a fresh one, "
                    "which was tried first, did not become ready, and whoever is started next "
                    "may fail alike"
                  : "no worker was replaced: a fresh one, which was tried first, did not "
                    "become ready",
              failed);
}

void Decider::end_trial(const std::string& reason, std::optional<WorkerId> failed) {
    if (!trial_) {
        return;
    }
    const Trial trial = *std::exchange(trial_, std::nullopt);
    for (const auto* requests : {&trial.recycles, &trial.reloads}) {
        for (const RequestId request : *requests) {
            act(Reply{.request = request,
                      .outcome = Outcome::refused,
                      .reason = reason,
                      .failed = failed});
        }
    }
}

} // namespace recycler::slots
