// SPDX-License-Identifier: MIT
// The name of a descriptor that the keeper holds for the controllers. Numbers never move.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace recycler::keeper {

// A channel's two ends have the number of its slot and serial 0: the keeper finds them by that.
enum class DepositKind : std::uint16_t {
    listener = 1,
    control,
    lock,
    ledger,
    eventfd,
    other,
    channel_out, // connections are sent here
    channel_in,  // and received here
    wake,
    birth, // the controller's end of the socket pair over which a spare is given its slot
};

// Names a deposit; the keeper only compares it. `slot` and `serial` mean what the controller wants.
struct DepositKey {
    DepositKind kind = DepositKind::other;
    std::uint16_t slot = 0;
    std::uint32_t serial = 0;
    bool operator==(const DepositKey&) const = default;
};
using Aux =
    std::array<std::byte, 64>; // what the controller wants to find again; opaque to the keeper

} // namespace recycler::keeper
