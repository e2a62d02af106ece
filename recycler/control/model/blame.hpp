// SPDX-License-Identifier: MIT
// What `blame` has found out: which requests make an app's workers grow, and which take long. Plain
// values; the member names are those of the JSON. Knows nothing of how requests are measured.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::control {

// The single request that grew most.
struct WorstRequest {
    std::int64_t bytes = 0;
    std::string uri;
    bool operator==(const WorstRequest&) const = default;
};

struct SlowestRequest {
    Duration seconds{0};
    std::string uri;
    bool operator==(const SlowestRequest&) const = default;
};

// All requests of one method and URI pattern ("/orders/*").
struct BlamedRoute {
    std::string method;
    std::string route;
    std::uint64_t requests = 0;                           // estimated from those measured
    std::uint64_t measured = 0;                           // whose memory was read
    std::int64_t growth_bytes = 0;                        // by all of them, estimated
    std::optional<std::int64_t> growth_bytes_per_request; // null: none was measured
    std::int64_t certain_bytes_per_request = 0;           // so much at least, after what is chance
    std::optional<WorstRequest> worst;
    Duration time{0}; // of all of them, estimated
    std::optional<SlowestRequest> slowest;
    std::uint64_t hung = 0;      // that were ended because of it
    std::uint64_t processes = 0; // in so many it was measured
    bool operator==(const BlamedRoute&) const = default;
};

// Everything that is not in the list of routes.
struct BlamedRest {
    std::uint64_t requests = 0;
    std::int64_t growth_bytes = 0;
    Duration time{0};
    bool operator==(const BlamedRest&) const = default;
};

// The first request of each process, and the first of each route in it: they load what all later
// ones use, so that no route is blamed.
struct BlamedWarmUp {
    std::uint64_t measured = 0;
    std::int64_t growth_bytes = 0;
    bool operator==(const BlamedWarmUp&) const = default;
};

// Whether processes grow for good. flat: by less than a page a request; unclear: what was seen may
// be chance; unknown: too little was seen.
enum class NetGrowth { unknown, flat, unclear, grows };
std::string_view to_string(NetGrowth lasting);

// How much larger processes remain, from one stretch of measured requests to the next.
struct BlamedNet {
    NetGrowth lasting = NetGrowth::unknown;
    std::uint64_t processes = 0;                          // in which requests were measured
    std::uint64_t stretches = 0;                          // that were compared with the one before
    std::optional<std::int64_t> growth_bytes_per_request; // null: unknown
    std::int64_t certain_bytes_per_request = 0;           // so much at least
    bool operator==(const BlamedNet&) const = default;
};

struct Blame {
    std::string app;
    WallTime since; // nothing from before is in here
    std::uint64_t workers = 0;
    std::uint64_t unseen_workers = 0;  // of them: none of their requests can be measured
    std::optional<std::string> unseen; // why, of one of these
    std::uint64_t requests = 0;        // estimated
    std::uint64_t measured = 0;
    std::int64_t growth_bytes = 0; // of all processes, less what they gave back, estimated
    Duration time{0};
    BlamedWarmUp warm_up;
    BlamedRest other;
    std::vector<BlamedRoute> routes; // whom most growth is certain of first
    BlamedNet net;
    bool operator==(const Blame&) const = default;
};

} // namespace recycler::control
