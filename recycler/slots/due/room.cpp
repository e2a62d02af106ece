// SPDX-License-Identifier: MIT
#include "recycler/slots/due/room.hpp"

#include "recycler/slots/timing.hpp"

namespace recycler::slots {

namespace {

// What a worker that serves will have grown by when one that starts now is ready.
Bytes growth_of(const Worker& worker, Duration start) {
    const auto steady = worker.trend.steady_growth();
    return steady ? Bytes{static_cast<std::uint64_t>(*steady *
                                                     std::chrono::duration<double>(start).count())}
                  : Bytes{};
}

// What one may take that is let live on past recycle.memory.
Bytes to_live_on(const Worker& worker) {
    const bool lives_on = worker.lives_on && worker.lives_on->ceiling() && worker.last;
    return lives_on ? *worker.lives_on->ceiling() - worker.last->bloat : Bytes{};
}

// Another one follows it on its listener.
bool makes_way(const Front& front) {
    const auto* draining = std::get_if<Draining>(&front);
    return std::holds_alternative<Parking>(front) || std::holds_alternative<Stopping>(front) ||
           (draining != nullptr && std::holds_alternative<ThenReplace>(draining->then));
}

// A slot without a worker: its next one waits for the brake or for its turn, or serves what waits
// before the slot ends.
bool starts_at_any_time(const Slot& slot) {
    const auto* vacant = std::get_if<Vacant>(&slot.front);
    return vacant == nullptr || vacant->launch_at || slot.wanted == Wanted::in;
}

} // namespace

bool is_warm(const Worker& worker) {
    return worker.last && worker.last->served >= k_warm;
}

void Room::seen(MonoTime now, const RoomSeen& look) {
    free_ = look.room;
    at_ = now;
    held_.clear();
    for (const StartingSeen& one : look.starting) {
        held_[one.worker] = one.bloat;
    }
}

bool Room::fresh(MonoTime now) const {
    return free_ && now - at_ <= k_room_fresh;
}

Duration Room::age(MonoTime now) const {
    return free_ ? now - at_ : Duration::zero();
}

// Of what it needs, what it had not taken yet at the last look: what it took since then is still in
// what was free.
Bytes Room::missing(const Worker& worker, Bytes need) const {
    if (const auto held = held_.find(worker.id); held != held_.end()) {
        return need - held->second;
    }
    if (worker.launched_at >= at_ || !worker.last) {
        return need - worker.booted;
    }
    return is_warm(worker) ? Bytes{} : need - worker.last->bloat;
}

bool Room::had_all(const Worker& worker) const {
    return worker.ready_at && worker.launched_at < at_ && !held_.contains(worker.id);
}

Bytes Room::promised_to(const Slot& slot, const Expected& expected) const {
    Bytes sum;
    if (const Worker* front = worker_of(slot.front)) {
        // One that ends gives its memory to the one that follows, which may need more.
        sum = missing(*front, expected.need);
        if (makes_way(slot.front) && front->last) {
            sum = std::max(sum, expected.need - front->last->bloat);
        }
        if (std::holds_alternative<Serving>(slot.front)) {
            sum = sum + std::max(growth_of(*front, expected.start), to_live_on(*front));
        }
    } else if (starts_at_any_time(slot)) {
        sum = expected.need;
    }
    if (slot.successor) {
        sum = sum + missing(slot.successor->worker, expected.need);
    }
    if (slot.retiring && std::holds_alternative<RetiringOrphaned>(slot.retiring->phase)) {
        sum = sum + expected.need; // of one that serves the rest
    } else if (slot.retiring && !had_all(slot.retiring->worker)) {
        sum = sum + missing(slot.retiring->worker, expected.need);
    }
    return sum;
}

Bytes Room::left(std::span<const Slot> slots, const Expected& expected) const {
    Bytes left = free_.value_or(Bytes{}) - expected.spares;
    for (const Slot& slot : slots) {
        left = left - promised_to(slot, expected);
    }
    return left;
}

bool Room::admits(std::span<const Slot> slots, const Expected& expected, Bytes has) const {
    Bytes promised = expected.spares;
    for (const Slot& slot : slots) {
        promised = promised + promised_to(slot, expected);
    }
    return free_ && *free_ >= promised + (expected.need - has);
}

} // namespace recycler::slots
