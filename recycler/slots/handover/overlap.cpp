// SPDX-License-Identifier: MIT
// The overlap handover: a successor beside the front, then the front's worker retiring beside its
// successor.
//
// Both listeners are members of one reuseport group, and a program steers all new connections to
// one of them by index. The present listener is member 0, the successor's becomes member 1; when
// the present one is closed, the kernel moves the survivor to its place, 0. Where the present one
// cannot be joined the successor's stands apart, hidden: it is shown when its worker is ready, and
// the present one hidden after it.
#include "recycler/slots/decider.hpp"

#include "recycler/slots/failing/ending.hpp"
#include "recycler/slots/handover/idle.hpp"
#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/table.hpp"

namespace recycler::slots {

void Decider::start_overlap(Slot& slot, Opening opening) {
    if (opening == Opening::hidden) {
        close_gate(slot);
    }
    const ListenerId listener{slot.id, slot.next_serial++};
    act(OpenListener{listener, opening, opening == Opening::joined ? slot.listener : ListenerId{}});
    // It is killed without a look at what it holds if it is not wanted any more: so it takes
    // nothing from the channel of its slot before it is the front.
    Worker worker = launch(slot, listener, Resting::ended);
    worker.keeping.ordered = Resting::ended;
    slot.successor = Successor{.worker = std::move(worker),
                               .opening = opening,
                               .give_up_at = now_ + policy_.start.timeout,
                               .looks = {.next = now_ + std::chrono::milliseconds(1)}};
    announce(slot, EventName::replacing);
}

void Decider::steer_over(Slot& slot) {
    Successor successor = std::move(*slot.successor);
    slot.successor.reset();
    successor.worker.ready_at = now_;
    successor.worker.sample_at = now_;
    if (!successor.worker.spare) {
        learned_.start = (now_ - successor.worker.launched_at).count();
    }
    slot.brake.started(successor.worker.plan);

    // A successor stands only beside a serving front with a due recycle: whatever ends that dooms
    // it.
    Worker old = std::move(std::get<Serving>(slot.front).worker);
    slot.retiring = Retiring{.worker = std::move(old), .trigger = slot.due->trigger, .phase = {}};
    if (slot.due->trigger == Trigger::listener) {
        (void)slot.brake.ended(now_, policy_.restart); // its successor may do the same
    }
    slot.due.reset();
    slot.listener = successor.worker.listener;
    slot.front = Serving{std::move(successor.worker)};
    if (successor.opening != Opening::hidden) {
        take_connections(slot, successor.opening);
        slot.retiring->phase = Steered{.hide_at = now_ + k_steered, .revocable = true};
    } else {
        open_gate(slot);
        slot.retiring->phase = RetiringDraining{.hidden_at = now_,
                                                .cut_at = now_ + policy_.drain.timeout,
                                                .looks = {.next = now_ + k_hide_settles}};
    }
    announce(slot, EventName::handed_over);
    if (successor.opening == Opening::hidden) {
        retires(*slot.retiring);
    }
}

// From now on the slot's listener, opened so, gets all new connections.
void Decider::take_connections(const Slot& slot, Opening opening) {
    if (opening == Opening::joined) {
        act(Steer{slot.listener, 1});
    } else {
        act(ShowListener{slot.listener});
    }
}

void Decider::doom_successor(Slot& slot, Order order) {
    Worker worker = std::move(slot.successor->worker);
    const Opening opening = slot.successor->opening;
    slot.successor.reset();
    // At once, and not when its worker has ended: the next overlap counts on being member 1.
    act(CloseListener{worker.listener});
    if (opening == Opening::hidden && slot.wanted == Wanted::in) {
        open_gate(slot); // it was closed for this successor
    }
    act(KillWorker{worker.id});
    slot.doomed.push_back(
        {.worker = std::move(worker), .order = order, .kill_again_at = now_ + k_kill_again});
}

void Decider::successor_exited(Slot& slot, Ending) {
    const Successor successor = std::move(*slot.successor);
    slot.successor.reset();
    act(CloseListener{successor.worker.listener});
    record_end(slot, successor.worker, Order::none,
               slot.due ? std::optional(slot.due->trigger) : std::nullopt);
    if (successor.opening == Opening::hidden && slot.wanted == Wanted::in) {
        open_gate(slot); // it was closed for this successor
    }
    overlap_failed(slot, successor.worker.id);
}

// The successor is gone or doomed without having become ready: the old worker goes on, and the next
// attempt waits.
void Decider::overlap_failed(Slot& slot, WorkerId failed) {
    (void)slot.brake.ended(now_, policy_.restart, Ending::died, plan_); // holds the next one back
    give_up_recycles_of(
        slot, "the replacement did not become ready; the old worker goes on serving", failed);
    if (slot.due && slot.due->trigger == Trigger::operator_) {
        slot.due.reset();
    }
    announce(slot, EventName::replacement_failed, "the old worker goes on serving");
}

void Decider::retiring_exited(Slot& slot, Ending ending) {
    Retiring& retiring = *slot.retiring;
    const auto* stopping = std::get_if<RetiringStopping>(&retiring.phase);
    const Order order = stopping == nullptr ? Order::none : stopping->order;
    record_end(slot, retiring.worker, order, retiring.trigger);
    if (stopping != nullptr) {
        learn_stop(slot, retiring.worker.id, stopping->heeding);
    }
    if (order != Order::none && order == retiring.idle_end) {
        act(CloseListener{retiring.worker.listener});
        slot.retiring.reset();
        return;
    }
    // It did not end idle, so connections may wait in its queue: closing the listener would reset
    // them.
    // Those who connect may still come to it until all are steered past it.
    const bool steered = std::holds_alternative<Steered>(retiring.phase);
    const bool stays_shown = steered && retiring.unhidden;
    if (steered && !stays_shown) {
        act(HideListener{retiring.worker.listener});
    }
    const MonoTime look_at = order != Order::none ? now_
                             : ending == Ending::left
                                 ? after_one_that_left(now_, retiring.worker.launched_at)
                                 : slot.brake.ended(now_, policy_.restart, ending);
    retiring.phase = RetiringOrphaned{.hidden_at = now_, .looks = {.next = look_at}};
    retiring.shown = retiring.shown || stays_shown;
    const bool served = ending == Ending::left || ending == Ending::served;
    if (served) {
        retiring.unattended.reset();
    }
    const bool failed = !served && !retiring.worker.ready_at;
    if (failed || (look_at > now_ && ending != Ending::left)) {
        leave_unattended(retiring.unattended, retiring.worker.id.generation, failed);
    }
}

void Decider::retiring_idle(Slot& slot, const IdleSeen& seen) {
    Retiring& retiring = *slot.retiring;
    if (retiring.unhidden && !waited_long_enough(*retiring.unhidden)) {
        return; // it may get more
    }
    if (const auto* draining = std::get_if<RetiringDraining>(&retiring.phase)) {
        if (proven_idle(seen, now_ - draining->hidden_at)) {
            act(StopWorker{retiring.worker.id});
            retiring.phase = RetiringStopping{.order = retiring.idle_end,
                                              .kill_at = now_ + policy_.drain.stop_timeout,
                                              .heeding = Heeding::begin(now_, slot.stops)};
        }
        return;
    }
    const auto* orphaned = std::get_if<RetiringOrphaned>(&retiring.phase);
    if (orphaned == nullptr || (retiring.hide_at && !retiring.unhidden)) {
        return; // it is hidden first
    }
    if (seen.queued > 0) {
        retiring.worker = launch(slot, retiring.worker.listener);
        retiring.phase = RetiringDraining{.hidden_at = orphaned->hidden_at,
                                          .cut_at = now_ + policy_.drain.timeout,
                                          .looks = {.next = now_ + std::chrono::milliseconds(1)}};
        announce(slot, EventName::serving_the_rest,
                 "connections still waited behind a worker that has ended");
    } else if (proven_idle(seen, now_ - orphaned->hidden_at)) {
        act(CloseListener{retiring.worker.listener});
        slot.retiring.reset();
    }
}

// A retiring worker is past deciding, but for one thing: a request that hangs, or a queue that it
// leaves standing, would hold it until drain.timeout.
void Decider::retiring_sampled(Retiring& retiring, const WorkerSampled& seen) {
    if (!std::holds_alternative<RetiringDraining>(retiring.phase)) {
        return;
    }
    const triggers::Facts facts = facts_of(retiring.worker, seen);
    const auto useless = triggers::first_due<triggers::Reason::useless>(facts);
    if (useless && machine_.dry_run == DryRun::off) {
        if (*useless == Trigger::stuck) {
            act(Park{retiring.worker.id});
        }
        act(Examine{retiring.worker.id});
        const bool at_once = *useless == Trigger::stuck && shut_at_stop();
        act(at_once ? Action(KillWorker{retiring.worker.id})
                    : Action(StopWorker{retiring.worker.id}));
        retiring.trigger = *useless;
        retiring.phase = RetiringStopping{
            .order = Order::hung,
            .kill_at = now_ + (at_once ? k_kill_again : policy_.drain.stop_timeout)};
        return;
    }
    const auto next = triggers::next_look<triggers::Reason::useless>(facts);
    retiring.worker.sample_at =
        now_ + std::min(next.value_or(triggers::k_sample_idle), triggers::k_sample_idle);
}

// What of the successor's and the retiring worker's deadlines has passed.
void Decider::fire_overlap(Slot& slot) {
    if (slot.successor && now_ >= slot.successor->give_up_at) {
        const WorkerId failed = slot.successor->worker.id;
        doom_successor(slot, Order::start_timeout);
        overlap_failed(slot, failed);
        // The brake forgets it where start.timeout is as long as restart.within. Others go first.
        if (!slot.hindrance) {
            slot.hindrance.emplace();
        }
        (void)slot.hindrance->failed(now_, "the replacement did not become ready",
                                     k_handover_pauses);
    } else if (slot.successor && now_ >= slot.successor->looks.next) {
        act(LookReady{slot.successor->worker.id, slot.successor->opening});
        slot.successor->looks.again_by_age(now_, slot.successor->worker.launched_at);
    }
    if (slot.retiring) {
        fire_hiding(slot);
        fire_unhidden(slot, *slot.retiring);
        fire_retiring(*slot.retiring);
    }
}

// From now on nothing brings it back.
void Decider::retires(const Retiring& retiring) {
    if (retiring.trigger == Trigger::memory) {
        retired_for_memory(retiring.worker);
    }
}

void Decider::hide_steered(Retiring& retiring) {
    retires(retiring);
    act(HideListener{retiring.worker.listener});
    const auto cut_at = std::get<Steered>(retiring.phase).cut_at;
    retiring.phase = RetiringDraining{.hidden_at = now_,
                                      .cut_at = cut_at.value_or(now_ + policy_.drain.timeout),
                                      .looks = {.next = now_ + k_hide_settles}};
}

void Decider::fire_retiring(Retiring& retiring, RetiringDraining& draining) {
    switch (draining.looks.turn(now_, draining.cut_at)) {
    case Looks::Turn::cut:
        act(StopWorker{retiring.worker.id});
        retiring.phase = RetiringStopping{.order = Order::drain_cut,
                                          .kill_at = now_ + policy_.drain.stop_timeout};
        return;
    case Looks::Turn::look:
        act(LookIdle{retiring.worker.listener, retiring.worker.id});
        draining.looks.again(now_);
        return;
    case Looks::Turn::wait:
        return;
    }
}

void Decider::fire_retiring(Retiring& retiring) {
    const WorkerId id = retiring.worker.id;
    const ListenerId listener = retiring.worker.listener;
    if (auto* steered = std::get_if<Steered>(&retiring.phase);
        steered != nullptr && now_ >= steered->hide_at) {
        hide_steered(retiring);
    }
    if (auto* draining = std::get_if<RetiringDraining>(&retiring.phase)) {
        fire_retiring(retiring, *draining);
        sample(retiring.worker);
    } else if (auto* stopping = std::get_if<RetiringStopping>(&retiring.phase)) {
        look_at_heeding(id, stopping->heeding);
        if (now_ >= stopping->kill_at) {
            kill(id, stopping->kill_at, stopping->heeding);
        }
    } else if (auto* orphaned = std::get_if<RetiringOrphaned>(&retiring.phase)) {
        fire_unattended(retiring);
        if (now_ >= orphaned->looks.next && retiring.unattended && retiring.unattended->left) {
            orphaned->looks.next = retiring.unattended->look_at; // nobody is started before that
        } else if (now_ >= orphaned->looks.next) {
            act(LookIdle{listener, std::nullopt});
            orphaned->looks.again(now_);
        }
    }
}

} // namespace recycler::slots
