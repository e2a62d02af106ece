// SPDX-License-Identifier: MIT
// What the text of cgroup and /proc files means. Pure: the text comes from a kernel, but of any
// version and inside any container, so nothing about it is trusted. An answer is missing when the
// text does not hold it; unknown lines are skipped.
#pragma once

#include "cgroups/limits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace cgroups {

// How parse_limit tells "no limit".
inline constexpr std::uint64_t k_unlimited = UINT64_MAX;

// "42\n". Nothing else may stand there.
std::optional<std::uint64_t> parse_number(std::string_view text);

// memory.max, pids.max: a number or "max". v1 has no word for "no limit" but the largest number of
// pages, in bytes: everything from 2^62 on is taken for it (page sizes differ).
std::optional<std::uint64_t> parse_limit(std::string_view text);

// So much time in each period, of all processors together.
struct Quota {
    std::uint64_t time = 0;
    std::uint64_t period = 1;
    bool operator==(const Quota&) const = default;
};
// v2's cpu.max: "150000 100000". Nothing for "max".
std::optional<Quota> parse_cpu_max(std::string_view text);
// v1's cpu.cfs_quota_us, where -1 is none, and cpu.cfs_period_us.
std::optional<Quota> parse_cfs(std::string_view quota, std::string_view period);
// How many processors keep busy for that, rounded up, at least 1.
unsigned whole_processors(const Quota& quota);

// The number after `key` in "key 42" lines (memory.events, memory.stat) or "Key:   42 kB" lines
// (/proc/meminfo, give "Key:").
std::optional<std::uint64_t> parse_key(std::string_view text, std::string_view key);

// The part of memory.stat that `bloat` needs, of the group and all below it. `cache` is the page
// cache without shared memory: shmem is counted as cache by the kernel, but can only go to swap.
// `swap` is v1's; v2 has a file of its own for it. `shmem` is that shared memory.
struct MemoryStat {
    Bytes cache;
    Bytes swap;
    Bytes shmem;
    bool operator==(const MemoryStat&) const = default;
};
std::optional<MemoryStat> parse_memory_stat(Version version, std::string_view text);

// v2: memory.events or memory.events.local; v1: memory.oom_control.
std::optional<OomCounts> parse_oom(Version version, std::string_view text);

// memory.pressure and its like, or /proc/pressure/memory: how long somebody in the group waited for
// it. `lately`: percent of the last 10 s; `in_all`: since the group was made.
struct Pressure {
    double lately = 0;
    recycler::Duration in_all{};
    bool operator==(const Pressure&) const = default;
};
std::optional<Pressure> parse_pressure(std::string_view text);

// cgroup.procs. The 0 that stands for a process outside our pid namespace is left out: no signal
// can reach it.
std::optional<std::vector<pid_t>> parse_procs(std::string_view text);

// One line of /proc/self/cgroup. v2's has no controllers and the hierarchy 0.
struct Membership {
    std::uint64_t hierarchy = 0;
    std::vector<std::string> controllers;
    std::string path;
    bool operator==(const Membership&) const = default;
};
std::vector<Membership> parse_memberships(std::string_view text);

// One line of /proc/self/mountinfo: the directory `root` of a file system of this `type` is seen at
// `point`.
struct Mount {
    std::string root;
    std::string point;
    std::string type;
    bool operator==(const Mount&) const = default;
};
std::vector<Mount> parse_mounts(std::string_view text);

// The cgroup `path` as seen below a mount that shows only `root` of its hierarchy, as containers
// have it: "/docker/1/a" under
// "/docker/1" is "/a". Nothing if the mount does not show it.
std::optional<std::string> below_root(std::string_view path, std::string_view root);

// Words between spaces: cgroup.controllers, /proc/PID/task/TID/children.
std::vector<std::string_view> parse_words(std::string_view text);

} // namespace cgroups
