// SPDX-License-Identifier: MIT
// Everything that may be known of one ended worker: what is not known is nullopt, never 0. Filled
// in once all counters are final; explain.hpp judges it, and bounds and escapes what it wrote.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/death/circumstances.hpp"
#include "recycler/death/core.hpp"
#include "recycler/death/order.hpp"
#include "recycler/death/report.hpp"
#include "recycler/death/requests.hpp"
#include "recycler/death/sender.hpp"
#include "recycler/death/thread.hpp"
#include "recycler/death/unserved.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::death {

struct Exited {
    int status = 0;
};
struct Signalled {
    int signal = 0;
    bool core_dumped = false;
};
using WaitStatus = std::variant<Exited, Signalled>;

// By siginfo's si_code (CLD_*) and si_status, as waitid() gives them; nullopt: no end.
std::optional<WaitStatus> wait_status(int code, int status);

struct StepFailed {
    std::string step; // "cgroup", "user", "directory", "exec": what was being done
    int error = 0;    // errno
    std::string on{}; // what it was done to: the program, the folder; empty: the step says it all
    std::string missing{}; // at ENOENT: `on`, or its interpreter; empty: what can be seen is there
};
struct NotReady {
    Duration timeout{};
};
using StartFailure = std::variant<StepFailed, NotReady>;

// Counters of the worker's own cgroup count from its birth. What is said of the app's counts from
// the last look before this end, so that an older OOM of the app is not blamed for it.
struct NoCgroup {};
struct OomV2 {
    std::optional<std::uint64_t> worker_oom_kill; // memory.events
    std::optional<std::uint64_t> worker_oom;      // memory.events
    std::optional<std::uint64_t> app_oom;         // memory.events.local of the parent
};
struct OomV1 {
    std::optional<std::uint64_t> worker_oom_kill; // memory.oom_control
    std::optional<bool> worker_eventfd;           // fires for the app's OOM too
    std::optional<bool> app_eventfd;
};
using Oom = std::variant<NoCgroup, OomV2, OomV1>;

// A process that the kernel chose when it killed for memory; with it went all of its cgroup.
struct Chosen {
    std::int32_t pid = 0;
    std::string comm;
    bool operator==(const Chosen&) const = default;
};
enum class Recorder { present, absent };
enum class Activity { idle, busy };
enum class Readiness { ready, starting };

// Why no sender of a signal is known although signals were watched.
inline constexpr char k_no_signal_shown[] = "the kernel showed none";

// Why something is missing below, for people; empty: it is not missing, or nobody can say.
struct WhyNot {
    std::string counters{}; // of memory kills
    std::string memory{};   // bloat, memory now
    std::string requests{}; // served, in flight, at its end
    std::string child{};    // whom the kernel chose
    std::string sender{};
};

struct Evidence {
    std::string worker; // "7012.3": slot.generation
    std::optional<Order> order;
    std::optional<WaitStatus> status;
    std::optional<StartFailure> start_failure;
    Oom oom;
    std::optional<Chosen> chosen_child; // when it was not the worker's own first process
    std::optional<Bytes> memory_max, app_max, bloat, memory_current, memory_peak;
    std::optional<std::uint64_t> served;
    std::optional<InFlight> in_flight;       // the oldest that was cut off
    std::vector<Concerned> requests;         // that one and all others, the oldest first
    std::optional<Activity> at_end;          // nullopt: nobody could tell
    std::uint32_t kept_open = 0;             // connections at its end, without a request
    std::optional<std::uint32_t> queue_lost; // connections, when it shut its listener down
    std::uint32_t turned_away = 0;           // requests, since its slot has had nobody who serves
    std::optional<Readiness> readiness;
    std::optional<Recorder> recorder;
    std::optional<Duration> age;
    std::optional<double> growth_per_request; // bytes
    std::vector<std::string> stderr_tail;     // oldest first
    std::optional<Report> report;             // of its own end, in all that it wrote
    std::optional<Unserved> unserved;
    std::vector<Thread> threads;        // of one that hung or was stuck, before it was ended
    std::optional<Sender> sender;       // of a signal from outside, when the kernel told
    std::optional<std::string> syscall; // the forbidden one: "unshare (x86_64)"
    std::string syscall_witness;        // who told
    std::optional<Core> core;           // of one that a signal with a core dump ended
    Circumstances circumstances;
    WhyNot why_not;
};

} // namespace recycler::death
