// SPDX-License-Identifier: MIT
// What was noted around a worker while it lived, and what it pressed against when it ended: a part
// of the evidence (evidence.hpp). What could not be learned says why. Plain values.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/death/life.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::death {

// Why something is not known, for people: "cgroup v1 counts none". Empty: nobody can say.
struct Unread {
    std::string why;
};
template <typename T>
using Seen = std::variant<Unread, T>;

// A count beside its limit (none: nothing limits it), when it was last looked at.
struct Filled {
    std::uint64_t count = 0;
    std::optional<std::uint64_t> limit{};
    Duration before_end{};
    std::optional<std::uint64_t> wanted{}; // by the policy, if the process has another limit
};
// How long somebody in the worker's cgroup waited for a resource.
struct Pressure {
    double lately = 0; // percent of the last 10 s
    Duration in_all{}; // over its life
};
// How the worker grew while the request in flight ran: from the last look before it began to the
// most that was seen since.
struct RequestGrowth {
    Bytes before;
    Duration before_it{}; // how long before it began that look was
    Bytes most;
};
// Memory of the app or of the machine when it was last looked at.
struct Room {
    Bytes used;
    std::optional<Bytes> limit{};
    std::optional<Bytes> swap_free{};
    Duration before_end{};
};

// A program that counts its requests itself: php-cgi.
struct OwnCount {
    std::uint64_t most = 0; // PHP_FCGI_MAX_REQUESTS of this worker
};

struct Circumstances {
    std::vector<LifePoint> life{};                // oldest first; empty: never measured
    std::optional<Duration> life_seen_from{};     // the age when we began to look, if not at once
    std::optional<Seen<RequestGrowth>> request{}; // none: no request was in flight
    Seen<Filled> open_files{};                    // of the process that had the most
    int accept_refused = 0;              // errno: its last accept() failed for want of something
    std::optional<Room> address_space{}; // none: it has no limit, or there was no look
    std::optional<Filled> cpu_time{};    // seconds; likewise
    std::optional<OwnCount> own_count{}; // none: it counts none, or nobody knows
    Seen<Filled> tasks{};                // threads and processes
    Seen<std::uint64_t> tasks_refused{}; // over its life
    Seen<Pressure> memory_pressure{};
    Seen<Pressure> cpu_pressure{};
    Seen<Pressure> io_pressure{};
    Seen<Room> app_memory{};
    Seen<Room> host_memory{};
};

} // namespace recycler::death
