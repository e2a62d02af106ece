// SPDX-License-Identifier: MIT
// What `status` says and counts of the app as a whole and of the daemon. Plain values, as in
// model.hpp.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace recycler::control {

struct Totals {
    std::optional<std::uint64_t> requests;
    std::map<std::string, std::uint64_t> recycles; // by trigger
    std::map<std::string, std::uint64_t> ends;     // by verdict
    std::optional<std::uint64_t> turned_away{}; // requests that waited where no worker could start
    bool operator==(const Totals&) const = default;
};

// What it goes by, and where its workers are.
struct PolicyStatus {
    std::string path;
    std::optional<WallTime> loaded_at;
    bool operator==(const PolicyStatus&) const = default;
};

struct CgroupStatus {
    int version = 0; // 2, 1, or 0: none could be had
    std::optional<std::string> path;
    bool enforced = false;
    std::optional<Bytes> left_shmem{}; // what ended workers left behind; unknown while little
    bool operator==(const CgroupStatus&) const = default;
};

// The turns of the daemon's loop, in which all is done. `cpu` counts the processor time of each,
// and `waiting` is the rest: for a call that blocks, or for a processor.
struct LoopStatus {
    std::uint64_t turns = 0;
    Duration longest{0}, longest_cpu{0}, longest_waiting{0};
    std::map<std::string, std::uint64_t> took, cpu; // how many: "within_5_ms", "longer"
    bool operator==(const LoopStatus&) const = default;
};

} // namespace recycler::control
