// SPDX-License-Identifier: MIT
// The app is to stop, and those who asked for something go away.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

void Decider::on(const StopRequested& event) {
    if (event.request != 0) {
        stop_requests_.push_back(event.request);
    }
    if (std::exchange(stopping_, true)) {
        stop_now();
        return;
    }
    to_remove_.clear();
    end_trial("the app is stopping");
    for (Slot& slot : slots_) {
        leave(slot);
    }
}

// Asked for the second time: nobody waits any more.
void Decider::stop_now() {
    for (Slot& slot : slots_) {
        if (const Worker* worker = worker_of(slot.front)) {
            const WorkerId id = worker->id;
            stop(slot, Order::stop, std::nullopt);
            std::get<Stopping>(slot.front).heeding.reset(); // it is not waited for
            act(KillWorker{id});
        } else {
            slot.front = Vacant{};
        }
        if (slot.retiring && std::holds_alternative<RetiringOrphaned>(slot.retiring->phase)) {
            act(CloseListener{slot.retiring->worker.listener});
            slot.retiring.reset();
        } else if (slot.retiring) {
            act(KillWorker{slot.retiring->worker.id});
            slot.retiring->phase =
                RetiringStopping{.order = Order::recycle, .kill_at = now_ + k_kill_again};
        }
    }
}

void Decider::on(const CallerGone& event) {
    calls_.forget(event.request);
    if (trial_) {
        std::erase(trial_->recycles, event.request);
        std::erase(trial_->reloads, event.request);
    }
    std::erase(stop_requests_, event.request);
}

} // namespace recycler::slots
