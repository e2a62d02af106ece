// SPDX-License-Identifier: MIT
// What has happened: the records of `why` and the lines of `events`. Plain values; the member names
// are those of the JSON (json.hpp), except where a unit has moved into the type. What is not known
// is an empty optional, never 0. Knows nothing of how a death is explained.
#pragma once

#include "recycler/base/event_name.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace recycler::control {

enum class RecordKind { end, start_failure };
// "end", "start-failure".
std::string_view to_string(RecordKind kind);

// The request that a worker was answering when it ended.
struct InFlight {
    std::optional<std::string> method;
    std::optional<std::string> uri;
    std::optional<Duration> seconds;
    bool operator==(const InFlight&) const = default;
};

// One that ran when Recycler told its worker to end, or when the worker ended. Without method and
// URI it stands for `count` requests of which Recycler knows neither.
struct LastRequest {
    std::optional<std::string> method;
    std::optional<std::string> uri;
    std::optional<Duration> seconds;
    std::string outcome; // a name of base/fate.hpp
    std::uint32_t count = 1;
    bool operator==(const LastRequest&) const = default;
};

struct RecordMemory {
    std::optional<Bytes> bloat, peak, max;
    bool operator==(const RecordMemory&) const = default;
};

struct EvidenceItem {
    std::string name;
    std::string value;
    bool operator==(const EvidenceItem&) const = default;
};

// Why one worker ended, or why one could not start. `verdict` and `trigger` are words of
// recycler-deaths(7).
struct Record {
    RecordKind kind = RecordKind::end;
    std::string verdict;
    std::optional<std::string> cause{}; // in few words, the same for all that ended alike
    std::optional<std::string> trigger;
    std::string sentence;                   // what happened, with the proof
    std::optional<std::string> next_step{}; // what to do about it; none: nothing
    WallTime at;
    std::string slot; // its short name: "7012"
    std::uint32_t generation = 0;
    std::optional<std::int32_t> pid;
    std::optional<Duration> age;
    std::optional<std::uint64_t> requests;
    // That waited until its slot gave them up, since it has had nobody who serves; of one that was
    // never ready.
    std::optional<std::uint64_t> turned_away{};
    std::optional<InFlight> in_flight;
    std::optional<Duration> unserved{}; // connections had waited so long, and it took none of them
    RecordMemory memory;
    std::optional<std::int64_t> growth_bytes_per_request;
    std::vector<EvidenceItem> evidence;
    std::vector<std::string> stderr_lines;       // "stderr" in the JSON
    std::optional<std::uint64_t> requests_cut{}; // all that were cut off by this end
    std::vector<LastRequest> last_requests{};    // the oldest first
    std::optional<std::uint32_t> spare{}; // the number that it had while it waited for its slot
    bool operator==(const Record&) const = default;
};

// One thing that happened. `members` follow the fixed ones, in their order, under names that are
// none of these. `event` is text: that of another version may be none of ours.
using EventValue = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
struct EventLine {
    WallTime at;
    std::string event;
    std::optional<std::string> slot;
    std::optional<std::uint32_t> generation;
    std::vector<std::pair<std::string, EventValue>> members;
    bool operator==(const EventLine&) const = default;
};

// What an event that we tell is called there.
[[nodiscard]] inline std::string name_of(EventName event) {
    return std::string(to_string(event));
}

} // namespace recycler::control
