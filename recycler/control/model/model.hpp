// SPDX-License-Identifier: MIT
// The snapshot of `status`. Plain values; the member names are those of the JSON (json.hpp), except
// where a unit has moved into the type. What is not known is an empty optional, never 0. Knows
// nothing of how the values were found.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/control/model/counted.hpp"
#include "recycler/control/model/keeping.hpp"
#include "recycler/control/model/record.hpp"
#include "recycler/control/model/spare.hpp"

#include <map>
#include <string_view>
#include <vector>

namespace recycler::control {

enum class SlotState { serving, replacing, drained, braked, empty };
enum class WorkerState { starting, serving, draining, drained, parked, stopping };
enum class Gate { open, closed, unavailable };
enum class HandoverMode { overlap, queue, close };

// The names of the contract: "serving", "open".
std::string_view to_string(SlotState state);
std::string_view to_string(WorkerState state);
std::string_view to_string(Gate gate);
std::string_view to_string(HandoverMode mode);

struct WorkerMemory {
    std::optional<Bytes> bloat, current, peak, max, recycle_at; // bloat is what decides
    bool operator==(const WorkerMemory&) const = default;
};

struct WorkerRequests {
    std::optional<std::uint64_t> served, in_flight;
    std::optional<Duration> oldest; // how long the oldest one in flight has been running
    std::optional<std::string> method, uri, counted_by;
    std::optional<std::uint64_t> kept_open; // connections on which no request runs
    // Connections have waited so long, and it has taken none of them and served nobody.
    std::optional<Duration> unserved{};
    bool operator==(const WorkerRequests&) const = default;
};

struct WorkerStatus {
    std::uint32_t generation = 0;
    std::optional<std::int32_t> pid;
    std::optional<std::string> cgroup;
    WorkerState state = WorkerState::starting;
    std::optional<WallTime> started_at;
    std::optional<Duration> age;
    WorkerMemory memory;
    WorkerRequests requests;
    std::optional<std::int64_t> growth_bytes_per_request;
    std::optional<std::uint64_t> children{}; // that had come to accept(), at the last measurement
    std::optional<WorkerKeeping> keeping{};
    std::optional<std::uint32_t> spare{}; // the number that it had while it waited for its slot
    bool operator==(const WorkerStatus&) const = default;
};

// A recycle that is due, and what it waits for, if it waits.
struct Due {
    std::string trigger;
    std::optional<std::string> waiting_for;
    bool operator==(const Due&) const = default;
};

struct SlotStatus {
    std::string slot;    // short name: "7012", or the socket's file name
    std::string address; // "127.0.0.1:7012", "unix:/run/shop/0.sock"
    SlotState state = SlotState::empty;
    Gate gate = Gate::unavailable;
    std::optional<HandoverMode> handover; // the one under way
    std::optional<Due> due;
    std::optional<WallTime> braked_until;
    std::optional<WorkerStatus> worker;
    std::optional<WorkerStatus> next; // the replacement, while there are two
    std::optional<Record> last_end;
    std::optional<std::uint64_t> turned_away{}; // of totals.turned_away
    std::optional<std::string> trouble{};       // with its gate or its listener
    bool operator==(const SlotStatus&) const = default;
};

struct Snapshot {
    std::string app;
    std::string version;
    std::int32_t pid = 0;
    std::optional<std::int32_t> keeper_pid;
    std::optional<bool> stopping; // all of it is being drained to end
    PolicyStatus policy;
    CgroupStatus cgroup;
    std::vector<std::string> limitations; // one sentence each
    Totals totals;
    std::optional<LoopStatus> loop; // of this controller
    std::vector<SlotStatus> slots;
    std::optional<std::vector<SpareStatus>> spares{};
    bool operator==(const Snapshot&) const = default;
};

// One thing wrong with a policy file; line and column count from 1.
struct PolicyFault {
    int line = 1, column = 1;
    std::string key;
    std::string reason;
    std::string suggestion;
    bool operator==(const PolicyFault&) const = default;
};

} // namespace recycler::control
