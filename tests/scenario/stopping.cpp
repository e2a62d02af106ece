// SPDX-License-Identifier: MIT
// How the model's workers take the order to stop, and how long an idle one may keep others waiting.
#include "tests/scenario/world.hpp"

#include <utility>

namespace scenario {

namespace {

// Between two looks at a worker that has just become idle, and the rest of the way to its kill.
constexpr Duration k_longest_wait = slots::Heeding::k_longest + slots::k_stop_grace;

// Told to stop because it was idle, not although it was busy.
bool was_idle(const slots::Slot& slot, WorkerId id) {
    if (const auto* front = std::get_if<slots::Stopping>(&slot.front);
        front != nullptr && front->worker.id == id) {
        return front->order == slots::Order::recycle || front->order == slots::Order::stop;
    }
    const auto* retiring =
        slot.retiring ? std::get_if<slots::RetiringStopping>(&slot.retiring->phase) : nullptr;
    return retiring != nullptr && slot.retiring->worker.id == id &&
           retiring->order == slots::Order::recycle;
}

} // namespace

void World::act(const slots::StopWorker& a) {
    ModelWorker* worker = living(a.worker, "StopWorker");
    if (worker == nullptr) {
        return;
    }
    check_successor(a.worker);
    worker->frozen = false;
    if (worker->leaving && worker->told_at && !adopting_ && !stop_now_) {
        complain("worker " + name(a.worker) + " is told to stop although it is on its way out");
    }
    const slots::Slot* slot = std::as_const(*decider_).find(a.worker.slot);
    if (!worker->told_at && !adopting_ && slot != nullptr && was_idle(*slot, a.worker)) {
        worker->told_at = now_;
    }
    if (worker->deaf || std::exchange(worker->misses, false) || worker->leaving) {
        return;
    }
    if (kept_.resting(a.worker) > 0 && !worker->busy_until && !worker->stands && !stop_now_) {
        complain("worker " + name(a.worker) + " is told to stop while connections rest in it");
    }
    worker->cut |= worker->busy_until.has_value() || kept_.resting(a.worker) > 0;
    worker->leaving = true;
    worker->exits_at = now_ + worker->ending;
}

void World::act(const slots::KillWorker& a) {
    if (ModelWorker* worker = living(a.worker, "KillWorker")) {
        // A successor to whom all went because the listener beside it was shut down, and whose
        // controller died before it looked: the next one knows nothing of that.
        const bool unknown = adopting_ && spoils_;
        worker->cut |= (worker->busy_until.has_value() || kept_.resting(a.worker) > 0) && !unknown;
        if (worker->leaving && worker->told_at && !stop_now_ &&
            now_ - *worker->told_at < policy_.drain.stop_timeout) {
            complain("worker " + name(a.worker) + " is killed amid what it does at its end");
        }
        worker->exits_at = now_;
    }
}

void World::act(const slots::LookHeeding& a) {
    if (const ModelWorker* worker = living(a.worker, "LookHeeding")) {
        const bool waits = worker->ready_at && now_ >= *worker->ready_at && !worker->busy_until;
        note(slots::HeedingSeen{a.worker, waits && !worker->leaving});
    }
}

// Where an idle worker takes no notice, its place is free soon.
void World::check_waits() {
    for (const auto& [id, worker] : workers_) {
        const bool starts = !worker.ready_at || now_ < *worker.ready_at;
        const bool waits =
            worker.alive && worker.told_at && !worker.leaving && !worker.busy_until && !starts;
        if (waits && now_ > std::max({*worker.told_at, worker.idle_since, *worker.ready_at}) +
                                k_longest_wait) {
            complain("worker " + name(id) + " was told to stop, does nothing, and is still there");
        }
    }
}

} // namespace scenario
