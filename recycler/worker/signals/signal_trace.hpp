// SPDX-License-Identifier: MIT
// PURE. What the kernel's tracepoint signal:signal_generate says, as bytes in a perf ring, turned
// into who sent which signal to whom. Any bytes may come in; nothing outside of them is read. Knows
// neither perf_event_open(2) nor a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// Where the fields of one record stand, as the tracepoint's file `format` tells; it differs between
// kernels.
struct SignalFormat {
    std::size_t signal_at = 0;
    std::size_t victim_at = 0;
    std::size_t code_at = 0;
    bool keeps_cx = false; // the processor leaves cx alone at `syscall` (FRED of x86_64)
    bool operator==(const SignalFormat&) const = default;
};

// nullopt: it has not the fields that are known here, as whole numbers of four bytes.
[[nodiscard]] std::optional<SignalFormat> signal_format_in(std::string_view format);

// The user's registers that samples must hold (PERF_SAMPLE_REGS_USER), as a mask; 0: for this
// architecture it is not known which of them hold the number of a system call.
[[nodiscard]] std::uint64_t wanted_registers();

// The system call that a seccomp filter has just refused. The kernel puts the registers back as
// they were at its entry before it sends SIGSYS.
struct CallSeen {
    std::uint32_t architecture = 0; // AUDIT_ARCH_* of linux/audit.h
    long number = 0;
    bool operator==(const CallSeen&) const = default;
};

struct SignalSeen {
    pid_t sender = 0;
    pid_t victim = 0; // the process; a thread of it for a signal to one thread
    int signal = 0;
    std::optional<CallSeen> call = {}; // when it is seccomp's, and the registers tell
    bool operator==(const SignalSeen&) const = default;
};

struct SignalsSeen {
    std::vector<SignalSeen> signals; // in their order
    std::uint64_t lost = 0;          // more came than there was room for
};

// The records of a ring, oldest first, each with the sender's pid (PERF_SAMPLE_TID) and the raw
// record (PERF_SAMPLE_RAW) and the registers that are wanted. What is cut off or makes no sense
// ends the list.
[[nodiscard]] SignalsSeen signals_in(std::span<const std::byte> records,
                                     const SignalFormat& format);

// The unit that /proc/PID/cgroup names: the innermost service or scope, "ssh.service"; empty:
// none.
[[nodiscard]] std::string unit_in(std::string_view cgroups);

} // namespace recycler::worker
