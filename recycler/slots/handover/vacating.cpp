// SPDX-License-Identifier: MIT
// A slot has lost its front worker, and nobody stands ready in its place: when the next one starts.
#include "recycler/slots/decider.hpp"
#include "recycler/slots/failing/ending.hpp"

namespace recycler::slots {

namespace {

// The worker held no connection when it got its stop signal.
bool ended_idle(const Front& front) {
    const auto* stopping = std::get_if<Stopping>(&front);
    return stopping != nullptr && !stopping->proof_by &&
           (stopping->order == Order::recycle || stopping->order == Order::stop);
}

} // namespace

// The slot has just lost its front worker.
void Decider::vacate(Slot& slot, Ending ending, Gone gone) {
    const bool was_idle = ended_idle(slot.front);
    const Worker worker = *worker_of(slot.front);
    const bool was_ready = worker.ready_at.has_value();
    if (slot.wanted == Wanted::gone) {
        // One that never became ready is tried again until the brake says that nobody will ever
        // serve what waits.
        const bool hopeless = !was_ready && slot.brake.ended(now_, policy_.restart) > now_;
        if (was_idle || hopeless) {
            slot.front = Vacant{};
        } else {
            slot.front = Leaving{.hidden_at = now_, .looks = {.next = now_ + k_hide_settles}};
        }
        return;
    }
    slot.front = Vacant{.launch_at = now_};
    if (gone == Gone::expected) {
        if (!was_ready) {
            leave_unattended(slot, worker.id.generation, now_, true);
        }
        return;
    }
    const bool left = ending == Ending::left;
    const MonoTime launch_at = left ? after_one_that_left(now_, worker.launched_at)
                                    : slot.brake.ended(now_, policy_.restart, ending, worker.plan);
    slot.front = Vacant{.launch_at = launch_at,
                        .turn = left ? TurnToStart::not_needed : TurnToStart::wanted};
    // One that waits has booted, so that the others' starts are no reason to keep it waiting. But
    // where a start has failed, the next one may fail alike.
    const bool waits_for_none = was_ready && !slot.broken && launch_at <= now_;
    if (waits_for_none && spares_.waiting(plan_) != nullptr) {
        launch_front(slot);
        return;
    }
    const bool braked = launch_at > now_ && !left;
    if (learned_.start > k_short_start.count() && machine_.can_show && !last_open(slots_, slot)) {
        close_gate(slot);
    }
    if (braked || (!was_ready && !left)) {
        leave_unattended(slot, worker.id.generation, launch_at, !was_ready);
    }
    if (braked) {
        announce(slot, EventName::braked,
                 "its workers keep ending unexpectedly, so the next start waits");
        give_up_recycles_of(slot,
                            "its workers keep ending, and the next start waits: `recyclerctl why` "
                            "says why they end",
                            worker.id);
    }
}

// Whether an empty slot may start its worker now. Else `launch_at` says when.
bool Decider::takes_its_turn(Slot& slot, Vacant& vacant) {
    if (vacant.turn != TurnToStart::wanted) {
        return true;
    }
    vacant.turn = TurnToStart::taken;
    vacant.launch_at = start_rate_.take_turn(now_, slots_.size());
    if (*vacant.launch_at <= now_) {
        return true;
    }
    leave_unattended(slot, slot.next_generation - 1, *vacant.launch_at, false);
    return false;
}

} // namespace recycler::slots
