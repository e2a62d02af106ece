// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/death_groups.hpp"

#include "recycler/base/route.hpp"
#include "recycler/death/verdict.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace recycler::ctl {

using control::Record;
using death::Verdict;

namespace {

// What comes from outside, or before the first request, hits whatever happens to run.
bool may_be_the_requests_doing(const std::string& verdict) {
    const auto known = death::verdict_named(verdict);
    return known != Verdict::killed && known != Verdict::oom_app && known != Verdict::oom_host &&
           known != Verdict::start_failed;
}

std::string route_text(const control::InFlight& in_flight) {
    return in_flight.method.value_or("?") + " " +
           (in_flight.uri ? route_of(*in_flight.uri) : std::string("?"));
}

// Of the oldest that is known; empty: none is.
std::string route_of_end(const Record& record) {
    if (record.in_flight) {
        return route_text(*record.in_flight);
    }
    for (const control::LastRequest& each : record.last_requests) {
        if (each.uri) {
            return route_text(control::InFlight{each.method, each.uri, each.seconds});
        }
    }
    return {};
}

// A record of an earlier version knows one at most.
std::uint64_t cut_by(const Record& record) {
    return record.requests_cut.value_or(record.in_flight ? 1 : 0);
}

auto harm_of(const DeathGroup& group) {
    return std::tuple(group.requests_cut, group.deaths, group.newest.at);
}

} // namespace

DeathKind kind_of(const Record& record) {
    DeathKind kind{record.verdict, record.cause.value_or(""), ""};
    if (may_be_the_requests_doing(record.verdict)) {
        kind.route = route_of_end(record);
    }
    return kind;
}

std::vector<DeathGroup> group_by_cause(const std::vector<Record>& records) {
    std::map<DeathKind, DeathGroup> by_kind;
    for (const Record& record : records) {
        if (!death::is_unexpected(record.verdict)) {
            continue;
        }
        DeathKind kind = kind_of(record);
        DeathGroup& group = by_kind[kind];
        if (group.deaths++ == 0) {
            group.kind = std::move(kind);
            group.first = record.at;
            group.newest = record;
        }
        group.requests_cut += cut_by(record);
        group.slots.insert(record.slot);
        group.first = std::min(group.first, record.at);
        if (record.at > group.newest.at) {
            group.newest = record;
        }
    }
    std::vector<DeathGroup> groups;
    groups.reserve(by_kind.size());
    for (auto& [kind, group] : by_kind) {
        groups.push_back(std::move(group));
    }
    std::ranges::stable_sort(groups, std::greater(), harm_of);
    return groups;
}

} // namespace recycler::ctl
