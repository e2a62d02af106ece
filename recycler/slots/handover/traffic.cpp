// SPDX-License-Identifier: MIT
#include "recycler/slots/handover/traffic.hpp"

#include "recycler/slots/timing.hpp"

#include <algorithm>

namespace recycler::slots {

namespace {

// False: it has often enough.
bool begin_anew(Settling& settling, MonoTime until) {
    if (settling.lulls >= Traffic::k_most_lulls) {
        return false;
    }
    ++settling.lulls;
    settling.rests = false;
    settling.until = until;
    return true;
}

bool is_awaited(const Slot& slot) {
    return slot.settling && !slot.settling->rests;
}

} // namespace

void Traffic::wait_for(Slot& opened, Duration settle, MonoTime now, std::span<Slot> slots) {
    last_ = now;
    opened.settling = Settling{.until = now + settle, .opened_at = now};
    if (Worker* worker = worker_of(opened.front)) {
        if (worker->last) { // it may have accepted some since that look
            opened.settling->accepted_before.reset();
        }
        worker->sample_at = now;
    }
    for (Slot& slot : slots) {
        Worker* worker = worker_of(slot.front);
        if (slot.id.index < k_lookouts && &slot != &opened && worker != nullptr) {
            worker->sample_at = std::min(worker->sample_at, now + k_look);
        }
    }
}

void Traffic::looked(Slot& slot, const Worker& worker, std::uint64_t accepts, Duration settle,
                     MonoTime now, std::span<Slot> slots) {
    if (worker.last && accepts > worker.last->accepts) {
        came(settle, now, slots);
    }
    if (!slot.settling) {
        return;
    }
    if (!slot.settling->accepted_before) {
        slot.settling->accepted_before = accepts;
    } else if (accepts > *slot.settling->accepted_before) {
        if (slot.settling->came_at && now - *slot.settling->came_at >= k_goes_on) {
            slot.settling.reset();
        } else {
            slot.settling->came_at = slot.settling->came_at.value_or(now);
            slot.settling->accepted_before = accepts;
        }
        came(settle, now, slots);
    }
}

void Traffic::came(Duration settle, MonoTime now, std::span<Slot> slots) {
    for (Slot& slot : slots) {
        if (slot.settling && (slot.settling->rests || lulled(now))) {
            begin_anew(*slot.settling, now + settle);
        }
    }
    last_ = now;
    came_at_ = now;
}

void Traffic::fire(Slot& slot, Duration settle, MonoTime now) const {
    if (!slot.settling || slot.settling->rests || now < slot.settling->until) {
        return;
    }
    const bool late = now - slot.settling->until >= k_lull; // this controller stood still
    const bool broke_off = lulled(now) && now - came_at_ < 2 * settle;
    if ((late || broke_off) && begin_anew(*slot.settling, now + settle)) {
        return;
    }
    slot.settling->rests = true;
    if (!lulled(now) || slot.settling->lulls >= k_most_lulls) {
        slot.settling.reset();
    }
}

bool Traffic::awaited(std::span<const Slot> slots) {
    return std::ranges::any_of(slots, is_awaited);
}

Duration Traffic::next_look(const Slot& slot, std::span<const Slot> slots) {
    if (is_awaited(slot)) {
        return k_settling_look;
    }
    return slot.id.index < k_lookouts && awaited(slots) ? k_look : Duration::max();
}

} // namespace recycler::slots
