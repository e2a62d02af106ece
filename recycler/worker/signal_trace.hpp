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
    bool operator==(const SignalFormat&) const = default;
};

// nullopt: it has not the fields that are known here, as whole numbers of four bytes.
[[nodiscard]] std::optional<SignalFormat> signal_format_in(std::string_view format);

struct SignalSeen {
    pid_t sender = 0;
    pid_t victim = 0; // the process; a thread of it for a signal to one thread
    int signal = 0;
    bool operator==(const SignalSeen&) const = default;
};

struct SignalsSeen {
    std::vector<SignalSeen> signals; // in their order
    std::uint64_t lost = 0;          // more came than there was room for
};

// The records of a ring, oldest first, each with the sender's pid (PERF_SAMPLE_TID) and the raw
// record (PERF_SAMPLE_RAW). What is cut off or makes no sense ends the list.
[[nodiscard]] SignalsSeen signals_in(std::span<const std::byte> records,
                                     const SignalFormat& format);

// The unit that /proc/PID/cgroup names: the innermost service or scope, "ssh.service"; empty:
// none.
[[nodiscard]] std::string unit_in(std::string_view cgroups);

} // namespace recycler::worker
