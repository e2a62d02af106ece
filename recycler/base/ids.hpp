// SPDX-License-Identifier: MIT
// Names that stay true. A pid never names a worker: the kernel hands pids out again.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace recycler {

// One listening address of the app, in the order of the policy file; stable while the daemon lives,
// also over reloads.
struct SlotId {
    std::uint16_t index = 0;
    constexpr auto operator<=>(const SlotId&) const = default;
};

// Not a slot: spares, the booted workers that wait for one, are numbered as its generations until
// they take a slot. No policy may have so many addresses.
inline constexpr SlotId k_spare_slot{0xFFFF};

// One incarnation of a slot's worker. Generations count from 1 and are never used again within a
// slot.
struct WorkerId {
    SlotId slot;
    std::uint32_t generation = 0;
    constexpr auto operator<=>(const WorkerId&) const = default;
};

// One listening socket of a slot. During an overlap a slot has two.
struct ListenerId {
    SlotId slot;
    std::uint32_t serial = 0;
    constexpr auto operator<=>(const ListenerId&) const = default;
};

} // namespace recycler

template <>
struct std::hash<recycler::WorkerId> {
    std::size_t operator()(const recycler::WorkerId& id) const noexcept {
        return std::hash<std::uint64_t>{}((std::uint64_t{id.slot.index} << 32) | id.generation);
    }
};
