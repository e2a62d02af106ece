// SPDX-License-Identifier: MIT
// What is noted of a worker while it lives, for the record of its end: bounded, however long it
// lives. Plain values; circumstances.hpp fills them in and reads them.
#pragma once

#include "cgroups/proc_usage.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "recycler/controller/evidence/kernel_stacks.hpp"
#include "recycler/death/life.hpp"
#include "recycler/request/page.hpp"
#include "recycler/triggers/growth/trend.hpp"
#include "recycler/worker/look/open_files.hpp"
#include "recycler/worker/look/own_limits.hpp"
#include "recycler/worker/look/thread_look.hpp"

#include <cstdint>
#include <optional>

namespace recycler::controller {

// The last look at something, and when it was taken.
template <typename T>
struct Note {
    MonoTime at;
    Result<T> seen;
};

// Memory of the app and of the machine.
struct MemorySeen {
    std::optional<Note<Bytes>> app; // bloat of all workers together; none: there is no cgroup
    std::optional<Note<cgroups::HostMemory>> host;
};

// The time that each thread had used, of a worker whose request has run for long.
struct CpuNote {
    MonoTime at;
    worker::CpuLook used;
};

// Connections that wait while the worker serves nobody and takes none of them: since when as the
// samples saw it, until which, and what there was at the last one.
struct UnservedNote {
    MonoTime since;
    MonoTime until;
    std::uint64_t accepts = 0; // of its life so far: one more, and nobody waits for ever
    std::uint64_t served = 0;
    std::uint32_t queued = 0;
    std::uint32_t held = 0; // connections that it has taken, no request begun on them
    std::uint32_t half = 0; // requests whose beginning alone has come
};

// The oldest request in flight, as the samples saw it.
struct RequestNote {
    MonoTime since;
    std::optional<triggers::Sample> before; // the last one before it began; none: there was none
    Bytes most;                             // bloat since
};

// One process and no later one of the same number: when it claimed its row (CLOCK_BOOTTIME).
struct ChildLife {
    pid_t pid = 0;
    Duration claimed_at{0};
    auto operator<=>(const ChildLife&) const = default;
};

// How many requests it had given up when it was looked at, and at the look before.
struct GivenUpSeen {
    std::uint64_t before = 0;
    std::uint64_t last = 0;
};

// What its first process is by itself, whatever the policy says.
struct OwnNote {
    MonoTime at;
    worker::OwnLimits limits;
    std::optional<std::uint64_t> most_requests; // php-cgi: after which it leaves
};

struct Notes {
    death::Life life;
    std::optional<Duration> life_seen_from; // its age when this controller took over
    std::optional<Note<worker::OpenFiles>> files;
    std::optional<Note<std::uint64_t>> tasks;
    std::optional<OwnNote> own;
    std::optional<Note<Bytes>> address_space;     // where it has a limit
    std::optional<Note<Duration>> processor_time; // likewise
    std::optional<RequestNote> request;
    std::optional<UnservedNote> unserved;
    std::optional<CpuNote> cpu;
    KernelStacks stacks;                 // with it
    std::optional<MonoTime> examined_at; // its threads
    MemorySeen memory;                   // when its end was told
};

} // namespace recycler::controller
