// SPDX-License-Identifier: MIT
#include "recycler/worker/look/freeze.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

// The kernel tells only the parent that a process has stopped, and we are not it; so we look, this
// often.
constexpr timespec k_between_looks{.tv_sec = 0, .tv_nsec = 50'000};

MonoTime now() {
    timespec time{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &time); // cannot fail with this clock
    return MonoTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

Result<void> send(int pidfd, int number) {
    if (::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) != 0 && errno != ESRCH) {
        return Error{errno, "send signal " + std::to_string(number) + " to a worker"};
    }
    return {};
}

// Ended (Z, X) counts as stopped: it never runs again.
Result<bool> is_stopped(pid_t pid) {
    const auto threads = threads_of(pid);
    if (!threads) {
        return is_gone(threads.error()) ? Result<bool>(true) : Result<bool>(threads.error());
    }
    for (const pid_t thread : *threads) {
        const auto state = state_of(pid, thread);
        if (!state && !is_gone(state.error())) {
            return state.error();
        }
        constexpr std::string_view k_still = "TtZX";
        if (state && k_still.find(*state) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

} // namespace

Frozen::~Frozen() {
    thaw();
}

void Frozen::thaw() {
    signal(SIGCONT);
    processes_.clear();
}

void Frozen::kill() {
    signal(SIGKILL);
    processes_.clear();
}

// What can fail here could not be stopped in the first place, so there is nothing to tell.
void Frozen::signal(int number) {
    for (const Process& process : processes_) {
        (void)send(process.pidfd.get(), number);
    }
}

bool Frozen::covers(const std::vector<pid_t>& listed) const {
    return std::all_of(listed.begin(), listed.end(), [&](pid_t pid) {
        return std::any_of(processes_.begin(), processes_.end(),
                           [&](const Process& process) { return process.pid == pid; });
    });
}

Result<void> Frozen::stop(const ListProcesses& processes) {
    const auto listed = processes();
    if (!listed) {
        return listed.error();
    }
    std::vector<Process> opened;
    for (const pid_t pid : *listed) {
        if (!covers({pid})) {
            opened.push_back({pid, open_pidfd(pid)});
            if (!opened.back().pidfd && errno != ESRCH) {
                return Error{errno, "open a pidfd of process " + std::to_string(pid)};
            }
        }
    }
    // A pid is still the worker's when it is listed after its pidfd was opened; else it may have
    // been handed out again.
    const auto confirmed = processes();
    if (!confirmed) {
        return confirmed.error();
    }
    for (Process& process : opened) {
        const bool ours =
            std::find(confirmed->begin(), confirmed->end(), process.pid) != confirmed->end();
        if (!ours || !process.pidfd) {
            continue;
        }
        if (auto sent = send(process.pidfd.get(), SIGSTOP); !sent) {
            return sent;
        }
        processes_.push_back(std::move(process));
    }
    return {};
}

Result<bool> Frozen::all_stopped() const {
    for (const Process& process : processes_) {
        const auto stopped = is_stopped(process.pid);
        if (!stopped || !*stopped) {
            return stopped;
        }
    }
    return true;
}

Result<Frozen> freeze(const ListProcesses& processes, Duration patience) {
    const MonoTime deadline = now() + patience;
    Frozen frozen;
    for (;;) {
        if (auto sent = frozen.stop(processes); !sent) {
            return std::move(sent).error();
        }
        const auto stopped = frozen.all_stopped();
        if (!stopped) {
            return stopped.error();
        }
        // Listed after all were seen stopped: the stopped do not fork, so a list without news stays
        // without.
        const auto listed = processes();
        if (!listed) {
            return listed.error();
        }
        if (*stopped && frozen.covers(*listed)) {
            return frozen;
        }
        if (now() >= deadline) {
            return Error{ETIMEDOUT, "stop all threads of a worker"};
        }
        (void)::nanosleep(&k_between_looks, nullptr);
    }
}

Result<void> thaw_all(const ListProcesses& processes) {
    const auto listed = processes();
    if (!listed) {
        return listed.error();
    }
    for (const pid_t pid : *listed) {
        if (::kill(pid, SIGCONT) != 0 && errno != ESRCH) {
            return Error{errno, "continue process " + std::to_string(pid)};
        }
    }
    return {};
}

} // namespace recycler::worker
