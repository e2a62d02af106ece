// SPDX-License-Identifier: MIT
// Watches who sends signals on this machine, as far as one can end a process and came from user
// space: a perf event on the tracepoint signal:signal_generate for each CPU, because an event of a
// process alone would follow the sender. The kernel filters, so that what programs use among
// themselves (children that end, timers, a garbage collector's preemption) never wakes anybody.
// Needs CAP_PERFMON or CAP_SYS_ADMIN and a tracefs (tracefs.hpp). Draws no conclusions.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/signals/signal_trace.hpp"

#include <memory>
#include <vector>

namespace recycler::worker {

class SignalWatch {
  public:
    // The error says why nobody can be named here.
    [[nodiscard]] static Result<SignalWatch> open();

    // Readable when there may be something to read().
    [[nodiscard]] int fd() const { return epoll_.get(); }

    // All that came since the last call.
    [[nodiscard]] SignalsSeen read();

  private:
    struct Unmap {
        void operator()(void* ring) const noexcept;
    };
    struct Cpu {
        UniqueFd event;
        std::unique_ptr<void, Unmap> ring; // the kernel's page of counters, then the records
    };

    [[nodiscard]] Result<void> watch(int cpu, int tracepoint);
    void read(Cpu& cpu, SignalsSeen& seen);

    SignalFormat format_;
    std::vector<Cpu> cpus_;
    UniqueFd epoll_;
    std::vector<std::byte> records_;
};

// Whether its senders are watched.
[[nodiscard]] bool is_watched(int signal);

// Who sent a signal, as far as /proc still shows it: it may have ended since.
struct SenderLook {
    std::string comm; // empty: gone
    std::string unit; // "ssh.service"; empty: it runs in none, or is gone
    std::optional<uid_t> uid;
};
[[nodiscard]] SenderLook look_at_sender(pid_t sender);

} // namespace recycler::worker
