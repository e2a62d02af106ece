// SPDX-License-Identifier: MIT
// What can be set on a worker's cgroup and read from it, in the same words for v1 and v2. Plain
// values: how they are stored in files is known to group.cpp and parse.cpp alone.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>

namespace cgroups {

using recycler::Bytes;

enum class Version { v1 = 1, v2 = 2 };

// What is not set is left as the kernel made it: without a limit. Sizes are rounded down to whole
// pages, as the kernel does.
struct Limits {
    std::optional<Bytes> memory_max{};
    // Beyond memory_max. v1 counts memory and swap together: there it is memory_max + swap_max, and
    // 0 also tells the kernel never to swap the group out.
    std::optional<Bytes> swap_max{};
    std::optional<std::uint64_t> pids_max{};
    // 1..10000, 100 is everybody's. v1: cpu.shares = weight * 1024 / 100.
    std::optional<std::uint32_t> cpu_weight{};
    bool operator==(const Limits&) const = default;
};

// Memory of one group. `bloat` is what the kernel cannot take back: current, less the page cache
// that is no shared memory, plus what is swapped out. `peak` is the highest `current` of this
// group's life (before Linux 5.19, v2: the highest seen).
struct Usage {
    Bytes current;
    Bytes bloat;
    Bytes peak;
    bool operator==(const Usage&) const = default;
};

// Deaths by memory in the group (kills of several processes at once count several times: yes or no
// is what it tells), and how often its own limit was the reason. v1 does not count the latter: see
// Group::oom_eventfd.
struct OomCounts {
    std::uint64_t oom_kill = 0;
    std::optional<std::uint64_t> oom{};
    bool operator==(const OomCounts&) const = default;
};

} // namespace cgroups
