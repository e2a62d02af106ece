// SPDX-License-Identifier: MIT
// Since protocol 7: the controller has the keeper take kept connections out of a worker that is to
// be ended and does not come to hand them on itself. The order, and its answer.
#pragma once

#include "recycler/keeper/protocol/protocol.hpp"

namespace recycler::keeper {

// Words of descriptors, a bit for each, the lowest first: as in a row of the recorder page.
inline constexpr std::size_t k_taken_words = 9;

// Of a process that stands still, once: the descriptors of these numbers are copied into the
// channel of the worker's slot. TakenOut answers. Neither this order nor what stands in the page of
// a hostile worker makes the keeper copy anything but connections from clients of the app: those
// whose own address is that of a listener in deposit.
struct TakeOut {
    Header header{.type = Type::take_out};
    WireId id;
    std::int32_t process = 0;
    std::uint32_t reserved = 0;
    std::array<std::uint64_t, k_taken_words> numbers{};
};

struct TakenOut {
    Header header{.type = Type::taken_out};
    WireId id;
    std::int32_t process = 0;
    std::uint32_t count = 0; // of connections that stand in the channel now
    // 0, or why some do not: ENOENT (no such worker, or the process belongs to another one),
    // EALREADY, ENOSPC (from too many processes before), EBADF (the slot has no channel), or the
    // errno of pidfd_open(2) or sendmsg(2). The others were left where they are.
    std::int32_t error = 0;
    std::uint32_t reserved = 0;
};

} // namespace recycler::keeper
