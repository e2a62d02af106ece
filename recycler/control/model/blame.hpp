// SPDX-License-Identifier: MIT
// What `blame` has found out: which requests make an app's workers grow, and which take long. Plain
// values; the member names are those of the JSON. Knows nothing of how requests are measured.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
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
    std::uint64_t hung = 0; // that were ended because of it
    bool operator==(const BlamedRoute&) const = default;
};

// Everything that is not in the list of routes.
struct BlamedRest {
    std::uint64_t requests = 0;
    std::int64_t growth_bytes = 0;
    Duration time{0};
    bool operator==(const BlamedRest&) const = default;
};

// First requests of processes: they load what all later ones use, so that no route is blamed.
struct BlamedWarmUp {
    std::uint64_t measured = 0;
    std::int64_t growth_bytes = 0;
    bool operator==(const BlamedWarmUp&) const = default;
};

struct Blame {
    std::string app;
    WallTime since; // nothing from before is in here
    std::uint64_t workers = 0;
    std::uint64_t unseen_workers = 0;  // of them: none of their requests can be measured
    std::optional<std::string> unseen; // why, of one of these
    std::uint64_t requests = 0;        // estimated
    std::uint64_t measured = 0;
    std::int64_t growth_bytes = 0; // of routes that grow and of the rest, estimated
    Duration time{0};
    BlamedWarmUp warm_up;
    BlamedRest other;
    std::vector<BlamedRoute> routes; // whom most growth is certain of first
    bool operator==(const Blame&) const = default;
};

} // namespace recycler::control
