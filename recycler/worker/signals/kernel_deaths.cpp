// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/kernel_deaths.hpp"

#include "recycler/base/own_process.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace recycler::worker {

namespace {

// Of each kind; more than an app has workers.
constexpr std::size_t k_most_kept = 4096;
constexpr Duration k_tick = std::chrono::milliseconds(11); // FilterKill::at, at 100 Hz
constexpr ino_t k_initial_pid_namespace = 0xEFFFFFFC;      // PROC_PID_INIT_INO, linux/proc_ns.h

template <typename Kill>
void keep(std::deque<Kill>& kept, std::optional<Kill> kill) {
    if (!kill) {
        return;
    }
    kept.push_back(std::move(*kill));
    if (kept.size() > k_most_kept) {
        kept.pop_front();
    }
}

template <typename Kill, typename Fits>
std::optional<Kill> last_of(const std::deque<Kill>& kept, Fits fits) {
    const auto last = std::find_if(kept.rbegin(), kept.rend(), fits);
    return last == kept.rend() ? std::nullopt : std::optional(*last);
}

} // namespace

Result<void> KernelDeaths::read_on() {
    if (!log_) {
        auto log = KernelLog::open();
        if (!log) {
            return std::move(log).error();
        }
        log_ = std::move(*log);
    }
    return log_->read_on([this](std::string_view record) { take(record); });
}

void KernelDeaths::take(std::string_view record) {
    keep(by_filter_, filter_kill_in(record));
    keep(for_memory_, memory_kill_in(record));
}

std::optional<FilterKill> KernelDeaths::filter_kill_of(pid_t process, WallTime since) const {
    return last_of(by_filter_, [&](const FilterKill& kill) {
        return kill.pid == process && kill.at + k_tick >= since;
    });
}

std::optional<MemoryKill> KernelDeaths::memory_kill_of(const std::string& group) const {
    return last_of(for_memory_,
                   [&](const MemoryKill& kill) { return kill.group.ends_with(group); });
}

bool log_has_our_pids() {
    struct stat own {};
    return ::stat(own_process("ns/pid").c_str(), &own) == 0 &&
           own.st_ino == k_initial_pid_namespace;
}

} // namespace recycler::worker
