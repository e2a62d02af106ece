// SPDX-License-Identifier: MIT
// From launch to record: how workers come, become ready, and end.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

Worker Decider::make_worker(Slot& slot, ListenerId listener) {
    const bool keeps =
        machine_.keeps && policy_.app.keep_connections == policies::KeepConnections::automatic;
    return Worker{.id = {slot.id, slot.next_generation++},
                  .listener = listener,
                  .plan = plan_,
                  .launched_at = now_,
                  .ready_at = std::nullopt,
                  .sample_at = now_,
                  .trend = {},
                  .last = std::nullopt,
                  .keeping = {.possible = keeps, .ordered = Resting::allowed}};
}

void Decider::launch_front(Slot& slot) {
    const auto* vacant = std::get_if<Vacant>(&slot.front);
    const bool unbraked = vacant != nullptr && vacant->unbraked;
    Worker worker = launch(slot, slot.listener);
    slot.front = Starting{.worker = std::move(worker),
                          .give_up_at = now_ + policy_.start.timeout,
                          .looks = {.next = now_ + std::chrono::milliseconds(1)}};
    announce(slot, EventName::starting,
             unbraked ? "at once, because an operator asked for it; the brake would have waited"
                      : "");
}

void Decider::on(const WorkerReady& event) {
    if (event.worker.slot == k_spare_slot) {
        spares_.ready(event, spare_rules());
        settle_trial(); // before somebody takes it
        return;
    }
    Slot* slot = find(event.worker.slot);
    if (slot == nullptr) {
        return;
    }
    learn_load(*slot, event);
    const auto* starting = std::get_if<Starting>(&slot->front);
    if (starting != nullptr && starting->worker.id == event.worker) {
        front_ready(*slot);
    } else if (slot->successor && slot->successor->worker.id == event.worker) {
        steer_over(*slot);
    }
}

namespace {

// Those that are launched at one instant wait for each other: the first to be ready tells what a
// start takes.
bool started_in_company(const std::vector<Slot>& slots, const Worker& worker) {
    return std::ranges::any_of(slots, [&](const Slot& slot) {
        const Worker* other = worker_of(slot.front);
        return other != nullptr && other->id != worker.id &&
               other->launched_at == worker.launched_at;
    });
}

} // namespace

void Decider::learn_load(const Slot& slot, const WorkerReady& event) {
    const auto* starting = std::get_if<Starting>(&slot.front);
    const Worker* worker = starting != nullptr ? &starting->worker
                           : slot.successor    ? &slot.successor->worker
                                               : nullptr;
    if (worker == nullptr || worker->id != event.worker || !event.busy || worker->spare) {
        return;
    }
    const auto beside = [&](const Worker* other) {
        return other != nullptr && other->id != worker->id &&
               (!other->ready_at || *other->ready_at > worker->launched_at);
    };
    std::size_t others = 0;
    for (const Slot& other : slots_) {
        others += beside(worker_of(other.front)) ? 1 : 0;
        others += other.successor && beside(&other.successor->worker) ? 1 : 0;
    }
    start_load_.add(now_ - worker->launched_at, *event.busy, others, machine_.processors);
}

void Decider::front_ready(Slot& slot) {
    Worker worker = std::move(std::get<Starting>(slot.front).worker);
    worker.ready_at = now_;
    worker.sample_at = now_;
    if (!worker.spare) { // else it says nothing of a start
        const std::int64_t start = (now_ - worker.launched_at).count();
        learned_.start = learned_.start > 0 && started_in_company(slots_, worker)
                             ? std::min(learned_.start, start)
                             : start;
    }
    slot.brake.started(worker.plan);
    slot.unattended.reset();
    slot.front = Serving{std::move(worker)};
    slot.unopened.reset();
    announce(slot, EventName::ready);
    switch (slot.wanted) {
    case Wanted::in:
        if (slot.gate == Gate::closed) {
            open_gate(slot);
        }
        return;
    case Wanted::out:
        drain(slot, ThenHold{});
        return;
    case Wanted::gone:
        drain(slot, ThenLeave{});
        return;
    }
}

void Decider::on(const WorkerExited& event) {
    if (event.worker.slot == k_spare_slot) {
        spare_exited(event);
        return;
    }
    Slot* slot = find(event.worker.slot);
    if (slot == nullptr) {
        return;
    }
    end_shows(*slot, event);
    const Worker* front = worker_of(slot->front);
    if (front != nullptr && front->id == event.worker) {
        note_leave(*slot, event);
        front_exited(*slot, event.ending);
    } else if (slot->successor && slot->successor->worker.id == event.worker) {
        successor_exited(*slot, event.ending);
    } else if (slot->retiring && slot->retiring->worker.id == event.worker) {
        retiring_exited(*slot, event.ending);
    } else {
        const auto doomed =
            std::find_if(slot->doomed.begin(), slot->doomed.end(),
                         [&](const Doomed& d) { return d.worker.id == event.worker; });
        if (doomed != slot->doomed.end()) {
            record_end(*slot, doomed->worker, doomed->order, std::nullopt);
            slot->doomed.erase(doomed);
        }
    }
}

namespace {

// What we had ordered of a front worker, and for which trigger, at the moment it ended.
struct Ordered {
    Order order = Order::none;
    std::optional<Trigger> trigger;
    Ordered(Order given, std::optional<Trigger> why) : order(given), trigger(why) {}
};

struct OrderedOf {
    const std::optional<Due>& due;

    Ordered operator()(const Stopping& s) const { return {s.order, s.trigger}; }
    Ordered operator()(const Parking& s) const { return {Order::none, s.trigger}; }
    Ordered operator()(const Draining& s) const {
        const auto* replace = std::get_if<ThenReplace>(&s.then);
        return {Order::none, replace == nullptr ? std::nullopt : std::optional(replace->trigger)};
    }
    template <typename Other>
    Ordered operator()(const Other&) const {
        return {Order::none, due ? std::optional(due->trigger) : std::nullopt};
    }
};

} // namespace

// One warning for the app: its slots run the same program.
void Decider::note_leave(Slot& slot, const WorkerExited& event) {
    const Worker& worker = *worker_of(slot.front);
    if (event.ending != Ending::left || std::holds_alternative<Stopping>(slot.front)) {
        slot.early_leaves.ended_otherwise();
        return;
    }
    const bool known =
        std::ranges::any_of(slots_, [](const Slot& other) { return other.early_leaves.told(); });
    if (slot.early_leaves.left(now_, worker.launched_at, event.served) && !known) {
        announce(slot, EventName::leaving_early, slot.early_leaves.in_words(now_));
    }
}

void Decider::front_exited(Slot& slot, Ending ending) {
    const Ordered ordered = std::visit(OrderedOf{slot.due}, slot.front);
    record_end(slot, *worker_of(slot.front), ordered.order, ordered.trigger);
    if (const auto* stopping = std::get_if<Stopping>(&slot.front)) {
        learn_stop(slot, stopping->worker.id, stopping->heeding);
    }
    if (inherits_broken(slot) || inherits(slot, ending)) {
        return;
    }
    if (slot.successor) {
        doom_successor(slot, Order::cancel);
    }
    slot.due.reset();
    const bool meant = ordered.order == Order::recycle || ordered.order == Order::stop ||
                       ordered.order == Order::drain_cut || ordered.order == Order::hung;
    const ListenerId listener = worker_of(slot.front)->listener;
    vacate(slot, ending, meant ? Gone::expected : Gone::unexpected);
    look_at_kept(slot, listener, ending);
}

void Decider::record_end(Slot& slot, const Worker& worker, Order order,
                         std::optional<Trigger> trigger) {
    learned_.lives.add(worker.trend);
    if (order == Order::recycle) {
        slot.hindrance.reset(); // it was replaced
    }
    slot.dead.push_back({worker.id, order, trigger, worker.spare});
    const bool retires = slot.retiring && slot.retiring->worker.id == worker.id;
    const auto& unattended = retires ? slot.retiring->unattended : slot.unattended;
    end_records_.emplace_back(RecordEnd{worker.id, order, trigger,
                                        unattended ? unattended->lost_in_all : 0, worker.spare});
}

// A worker that lost a part of itself is not trusted with another request: it ends as a whole, as
// on v2.
void Decider::on(const ChildKilled& event) {
    act(Announce{.name = EventName::child_died,
                 .slot = event.worker.slot,
                 .generation = event.worker.generation,
                 .trigger = std::nullopt,
                 .text = "killed for memory; Recycler ends its worker, too"});
    act(KillWorker{event.worker});
}

namespace {

// By number. What has none here counts as the last, which nothing is called by.
template <std::size_t Size>
void count(std::array<std::uint64_t, Size>& counts, std::size_t number) {
    counts[std::min(number, Size - 1)] += 1;
}

} // namespace

void Decider::on(const EndRecorded& event) {
    if (spares_.recorded(event.worker)) {
        count(totals_.ends, event.verdict);
        act(Forget{event.worker});
    }
    Slot* slot = find(event.worker.slot);
    if (slot == nullptr) {
        return;
    }
    const auto dead = std::find_if(slot->dead.begin(), slot->dead.end(),
                                   [&](const Dead& d) { return d.id == event.worker; });
    if (dead == slot->dead.end()) {
        return;
    }
    totals_.requests += event.served;
    count(totals_.ends, event.verdict);
    const bool recycled = dead->order == Order::recycle || dead->order == Order::hung;
    if (recycled && dead->trigger) {
        count(totals_.recycles, static_cast<std::size_t>(*dead->trigger));
    }
    slot->dead.erase(dead);
    slot->recorded = event.worker.generation;
    act(Forget{event.worker});
}

} // namespace recycler::slots
