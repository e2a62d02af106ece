// SPDX-License-Identifier: MIT
// Many unexpected ends as few troubles: those of one verdict and one cause, and where it may be the
// request's doing, of one route. Pure.
#pragma once

#include "recycler/control/model/record.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace recycler::ctl {

// What two ends have in common that are one trouble. Texts of a worker: not yet printable.
struct DeathKind {
    std::string verdict;
    std::string cause; // empty: the verdict says it all
    std::string route; // "GET /orders/*"; empty: none was running, or it does not matter
    auto operator<=>(const DeathKind&) const = default;
};
DeathKind kind_of(const control::Record& record);

struct DeathGroup {
    DeathKind kind;
    std::size_t deaths = 0;
    std::uint64_t requests_cut = 0;
    std::set<std::string> slots;
    WallTime first;
    control::Record newest;
};

// The most harmful first: those that cut the most requests off, then those of the most deaths, then
// the latest. Planned ends among `records` (any order) are left out.
std::vector<DeathGroup> group_by_cause(const std::vector<control::Record>& records);

} // namespace recycler::ctl
