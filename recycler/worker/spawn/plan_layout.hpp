// SPDX-License-Identifier: MIT
// The spawn plan as bytes: the layout that plan.hpp writes and plan_view.hpp reads. It outlives a
// program: fields and flags are only appended.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace recycler::worker {

inline constexpr std::uint32_t k_plan_magic = 0x4e4c5052; // "RPLN" in memory, little endian
// A keeper reads no others: a field it does not know may be one no worker must run without.
inline constexpr std::uint32_t k_oldest_plan_version = 2;
inline constexpr std::uint32_t k_plan_version = 3;
// What is written where nothing of a later one is needed, so that earlier keepers start workers,
// too.
inline constexpr std::uint32_t k_plain_plan_version = 2;

// Bounds of what a plan may hold; the child keeps its pointer arrays on the stack.
inline constexpr std::size_t k_max_plan_size = std::size_t{256} * 1024;
inline constexpr std::uint32_t k_max_programs = 64;  // PATH entries tried for argv[0]
inline constexpr std::uint32_t k_max_strings = 1024; // in argv, and in the environment
inline constexpr std::uint32_t k_max_groups = 1024;
inline constexpr std::uint32_t k_max_rlimits = 16;  // RLIM_NLIMITS
inline constexpr std::uint32_t k_max_filter = 4096; // BPF_MAXINSNS of the kernel

// The child moves its few descriptors through the numbers below this one, so the page must stand at
// or above it.
inline constexpr std::uint32_t k_lowest_page_fd = 8;
inline constexpr std::uint32_t k_highest_page_fd = 1023;

// To the kernel this number means "leave the user as it is": a worker would stay root.
inline constexpr std::uint32_t k_no_id = ~std::uint32_t{0};

enum PlanFlags : std::uint32_t {
    k_plan_changes_user = 1, // else the worker keeps the user it is started by
    k_plan_no_new_privs = 2,
    k_plan_bounds_capabilities = 4, // it may have those of `capabilities` and no others
    k_plain_plan_flags = 7,
    // Since version 3.
    k_plan_own_domain = 8,      // of Landlock
    k_plan_scopes_signals = 16, // by that domain
    k_plan_own_shm = 32,
    k_plan_all_flags = 63,
};

// `count` elements at `offset` from the start of the plan.
struct PlanSection {
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
};

struct PlanRlimit {
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
    std::uint32_t resource = 0; // RLIMIT_NOFILE, ...
    std::uint32_t reserved = 0;
};

// As struct sock_filter of <linux/filter.h>.
struct PlanFilter {
    std::uint16_t code = 0;
    std::uint8_t jt = 0;
    std::uint8_t jf = 0;
    std::uint32_t k = 0;
};

// The kernel's numbers for sys_exit_accept and sys_exit_accept4; 0: these are not counted.
using AcceptTracepoints = std::array<std::uint16_t, 2>;

struct PlanHeader {
    std::uint32_t magic = k_plan_magic;
    std::uint32_t version = k_plain_plan_version;
    std::uint32_t size = 0; // of the whole plan; its last byte is 0, so each string ends inside
    std::uint32_t flags = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t umask = 0;
    std::uint32_t page_fd = 0;
    std::uint32_t filter_flags = 0; // of seccomp(2)
    std::uint32_t directory = 0;    // offset of a string
    std::uint64_t capabilities = 0; // bits by number
    std::int32_t nice = 0;
    AcceptTracepoints tracepoints{};
    PlanSection programs{};    // offsets of strings, tried one after another
    PlanSection arguments{};   // offsets of strings
    PlanSection environment{}; // offsets of strings
    PlanSection groups{};      // gid_t
    PlanSection rlimits{};     // PlanRlimit
    PlanSection filter{};      // PlanFilter
};

} // namespace recycler::worker
