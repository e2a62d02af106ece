// SPDX-License-Identifier: MIT
#include "recycler/slots/due/capacity.hpp"

namespace recycler::slots {

bool available(const Slot& slot) {
    const Worker* worker = worker_of(slot.front);
    const bool ends =
        std::holds_alternative<Stopping>(slot.front) || std::holds_alternative<Parking>(slot.front);
    return slot.gate == Gate::open && worker != nullptr && worker->ready_at && !ends;
}

std::size_t max_unavailable(const policies::Capacity& capacity, std::size_t slots) {
    if (const auto* percent = std::get_if<policies::Percent>(&capacity.max_unavailable)) {
        const auto share = static_cast<double>(slots) * percent->value / 100.0;
        return std::max<std::size_t>(1, static_cast<std::size_t>(share));
    }
    return std::max<std::size_t>(1, std::get<std::uint32_t>(capacity.max_unavailable));
}

namespace {

bool within(std::size_t budgets, std::span<const Slot> slots, const Slot& slot,
            const policies::Capacity& capacity) {
    std::size_t others = 0;
    std::size_t counted = 0;
    for (const Slot& other : slots) {
        if (other.wanted == Wanted::gone) {
            continue;
        }
        ++counted;
        if (other.id != slot.id && !available(other)) {
            ++others;
        }
    }
    return !available(slot) || others + 1 <= budgets * max_unavailable(capacity, counted);
}

} // namespace

bool within_budget(std::span<const Slot> slots, const Slot& slot,
                   const policies::Capacity& capacity) {
    return within(1, slots, slot, capacity);
}

bool within_reserve(std::span<const Slot> slots, const Slot& slot,
                    const policies::Capacity& capacity) {
    return within(2, slots, slot, capacity);
}

bool last_open(std::span<const Slot> slots, const Slot& slot) {
    return std::none_of(slots.begin(), slots.end(), [&](const Slot& other) {
        return other.id != slot.id && other.wanted == Wanted::in && available(other);
    });
}

std::uint64_t lost_in_all(std::span<const Slot> slots) {
    std::uint64_t all = 0;
    for (const Slot& slot : slots) {
        all += slot.unattended ? slot.unattended->lost_in_all : 0;
    }
    return all;
}

} // namespace recycler::slots
