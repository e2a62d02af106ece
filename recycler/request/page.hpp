// SPDX-License-Identifier: MIT
// Reads a recorder page that a possibly hostile worker can write at any moment. Owns what may be
// believed: every number is bounded, every string printable ASCII. Must not know how the page is
// mapped, nor which processes live: callers say so.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/request/process.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace recycler::request {

// Whether this is a page whose recorder can measure requests.
bool has_ring(std::span<const std::byte> page);

// The page of a worker that has done nothing yet.
void format_page(std::span<std::byte> page);

// What the page says about the worker. The sums cover all its processes, also those that are gone.
struct PageReading {
    std::uint64_t served = 0; // answered to the last record
    std::uint64_t begun = 0;
    std::uint64_t accepted = 0;  // connections from the listener
    std::uint64_t came_back = 0; // from rest, with their next request
    std::uint64_t handed_on = 0; // to the channel
    std::uint64_t taken = 0;     // from it
    std::uint64_t misfits = 0;   // likewise, and refused
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
    std::uint32_t awaiting_slot = 0; // threads
    std::uint32_t open = 0;
    std::uint32_t resting = 0;
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
