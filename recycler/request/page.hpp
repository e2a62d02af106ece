// SPDX-License-Identifier: MIT
// Reads a recorder page that a possibly hostile worker can write at any moment. Owns what may be
// believed: every number is bounded, every string printable ASCII. Must not know how the page is
// mapped, nor which processes live: callers say so.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::request {

// Whether this is a page whose recorder can measure requests.
bool has_ring(std::span<const std::byte> page);

// The page of a worker that has done nothing yet.
void format_page(std::span<std::byte> page);

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
    int accept_refused = 0; // errno: its last accept() failed for want of a descriptor or memory

    // Held, and nothing open: it may be ended without a loss. A thread that is busy after its
    // answer comes to the park on its own and is not waited for.
    [[nodiscard]] bool is_parked() const { return parked > 0 && accepting == 0 && open == 0; }
    bool operator==(const Process&) const = default;
};

// What the page says about the worker. The sums cover all its processes, also those that are gone.
struct PageReading {
    std::uint64_t served = 0; // answered to the last record
    std::uint64_t begun = 0;
    std::uint64_t accepted = 0;  // connections
    bool came_to_accept = false; // ready to serve, or has been
    // False: some connection or process could not be followed. Then the sums are too small, and
    // that all others are parked or idle proves nothing.
    bool exact = true;
    // A kept connection was ended behind its answer, where the end cannot come with it: what its
    // client sent on it in that instant got no answer.
    bool ended_behind = false;
    std::vector<Process> processes;
    bool operator==(const PageReading&) const = default;
};

// nullopt: no recorder has written this page, or the worker has scribbled on it.
std::optional<PageReading> read_page(std::span<const std::byte> page);

// What the living processes do now, added up.
struct Activity {
    std::uint32_t processes = 0;
    std::uint32_t parked = 0; // of the processes
    std::uint32_t accepting = 0;
    std::uint32_t open = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t half = 0; // of `in_flight`
    std::optional<InFlight> oldest;
    bool operator==(const Activity&) const = default;
};

// `living`: the pids in the worker's cgroup. A row whose process is gone says nothing about now.
Activity activity_of(const PageReading& reading, std::span<const std::int32_t> living);

// After the end of the worker: what all its processes were doing when each of them died.
Activity last_activity(const PageReading& reading);

// Connections on which no request is in flight; with several requests on one, too few.
[[nodiscard]] constexpr std::uint32_t kept_open(const Activity& activity) {
    return activity.open > activity.in_flight ? activity.open - activity.in_flight : 0;
}

// How many requests were given up: their connection was closed before their last record. A program
// that is told to end may close what it serves before it goes; only this count tells of it then.
std::uint64_t given_up(const PageReading& reading);

// A request that is over, the last one of its process.
enum class Over { unknown, answered, empty, given_up }; // as RowEnd says
struct LastRequest {
    InFlight request; // `since` is 0 where an earlier recorder wrote the page
    std::optional<MonoTime> until;
    Over how = Over::unknown;
    // No thread has come back to accept(), and no connection is open: whatever ended the process
    // did so while it was busy with this request, or just after.
    bool is_latest = false;
    bool operator==(const LastRequest&) const = default;
};

// After its end, when none is in flight: the last request of a process. nullopt: it had none, or
// the page has nothing to say.
std::optional<LastRequest> last_request(std::span<const std::byte> page, const Process& process);

} // namespace recycler::request
