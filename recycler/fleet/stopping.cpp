// From the order to end until the end: a front worker that was drained, parked, or given up.
#include "recycler/fleet/fleet.hpp"

namespace recycler::fleet {

// The parking worker holds nothing and accepts nothing more; its gate may be open. Of several
// threads inside accept() the stop signal reaches one: let go on to hear it, another could take a
// connection from the queue that the end of the process would cut. Such a worker is frozen, and
// ends there.
void Fleet::parked(Slot& slot, std::uint32_t accepting) {
    const auto& parking = std::get<Parking>(slot.front);
    const Trigger trigger = parking.trigger;
    if (accepting > 1) {
        act(KillWorker{parking.worker.id});
        begin_stopping(slot, Order::recycle, trigger, now_ + k_kill_again);
        return;
    }
    // What it may take in this very instant has drain.timeout, too.
    const MonoTime proof_by = std::max(parking.cut_at, now_ + policy_.drain.timeout);
    stop(slot, Order::recycle, trigger);
    std::get<Stopping>(slot.front).proof_by = proof_by;
}

void Fleet::stop(Slot& slot, Order order, std::optional<Trigger> trigger) {
    act(StopWorker{worker_of(slot.front)->id});
    begin_stopping(slot, order, trigger, now_ + policy_.drain.stop_timeout);
}

void Fleet::begin_stopping(Slot& slot, Order order, std::optional<Trigger> trigger,
                           MonoTime kill_at) {
    Worker worker = std::move(*worker_of(slot.front));
    slot.front = Stopping{.worker = std::move(worker),
                          .order = order,
                          .trigger = trigger,
                          .kill_at = kill_at,
                          .proof_by = std::nullopt};
    announce(slot, "stopping");
    if (order == Order::recycle && trigger == Trigger::memory) {
        retired_for_memory(*worker_of(slot.front));
    }
}

void Fleet::on(const FrozenSeen& event) {
    Slot* slot = find(event.worker.slot);
    const Worker* worker = slot == nullptr ? nullptr : worker_of(slot->front);
    if (worker == nullptr || worker->id != event.worker) {
        return;
    }
    auto* stopping = std::get_if<Stopping>(&slot->front);
    if (stopping != nullptr && stopping->proof_by) {
        seen_frozen(*stopping, event);
    } else if (std::holds_alternative<Parking>(slot->front) && event.connections == 0) {
        parked(*slot, event.accepting);
    } else {
        act(Thaw{event.worker});
    }
}

// The proof comes before the cut: whoever is ended at `proof_by` is seen to be busy then.
void Fleet::seen_frozen(Stopping& stopping, const FrozenSeen& seen) {
    const bool idle = seen.connections == 0;
    if (!idle && now_ < *stopping.proof_by) {
        act(Thaw{seen.worker});
        stopping.kill_at = now_ + k_proof_again;
        return;
    }
    if (!idle) {
        stopping.order = Order::drain_cut;
        stopping.proof_by.reset();
    }
    act(KillWorker{seen.worker});
    stopping.kill_at = now_ + k_kill_again;
}

void Fleet::fire_starting(Slot& slot, Starting& starting) {
    if (now_ >= starting.give_up_at) {
        // It may have come to accept() at this very instant: killed only when it is shown to hold
        // nothing.
        Worker worker = std::move(starting.worker);
        slot.front = Stopping{.worker = std::move(worker),
                              .order = Order::start_timeout,
                              .trigger = std::nullopt,
                              .kill_at = now_,
                              .proof_by = now_ + policy_.drain.timeout};
        announce(slot, "stopping", "it was not ready within start.timeout");
    } else if (now_ >= starting.looks.next) {
        act(LookReady{starting.worker.id});
        starting.looks.again(now_);
    }
}

void Fleet::fire_stopping(Stopping& stopping) {
    if (now_ < stopping.kill_at) {
        return;
    }
    if (stopping.proof_by) {
        act(Freeze{stopping.worker.id}); // what that shows decides
        stopping.kill_at = now_ + k_proof_again;
        return;
    }
    act(KillWorker{stopping.worker.id});
    stopping.kill_at = now_ + k_kill_again;
}

} // namespace recycler::fleet
