// SPDX-License-Identifier: MIT
// One process of a worker as its row of the recorder page tells of it. Must not know of rows.
#pragma once

#include "recycler/base/units.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace recycler::request {

// A bit for each descriptor, the lowest first.
using RestingAt = std::array<std::uint64_t, 9>;

// A request that was begun and has not ended. Bytes that are not printable ASCII stand as %XX; a
// string is empty when the worker has not received it yet.
struct InFlight {
    MonoTime since;
    std::string method;
    std::string uri;
    bool operator==(const InFlight&) const = default;
};

// One process of the worker, living or dead.
struct Process {
    std::int32_t pid = 0;
    Duration claimed_at{0};         // CLOCK_BOOTTIME: who started later only has the same pid
    std::uint32_t accepting = 0;    // threads inside accept(), or just out with a connection
    std::uint32_t parked = 0;       // threads held before accept()
    std::uint32_t open = 0;         // accepted connections
    std::uint32_t in_flight = 0;    // requests
    std::uint32_t half = 0;         // of them: nobody can serve these yet, their beginning is here
    std::optional<InFlight> oldest; // of them; nullopt in the instant it is written
    std::uint64_t begun = 0;        // with those of the processes that had its row before
    std::uint64_t served = 0;       // likewise
    std::optional<std::uint8_t> exited{}; // it has ended of its own accord, with this status
    int accept_refused = 0;    // errno: its last accept() failed for want of a descriptor or memory
    std::uint32_t resting = 0; // kept connections, none of them open
    int hand_on_failed = 0;    // errno: its last sending to the channel failed
    RestingAt resting_at{};    // their descriptors, as far as a row has room for the numbers
    std::uint32_t awaiting_slot = 0; // threads that will be inside accept() when they have a slot

    // Held, and nothing open: it may be ended without a loss if nothing rests, either. A thread
    // that is busy after its answer comes to the park on its own and is not waited for.
    [[nodiscard]] bool is_parked() const { return parked > 0 && accepting == 0 && open == 0; }
    bool operator==(const Process&) const = default;
};

} // namespace recycler::request
