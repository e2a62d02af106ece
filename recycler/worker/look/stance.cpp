// SPDX-License-Identifier: MIT
#include "recycler/worker/look/stance.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/syscall.h>
#include <variant>

namespace recycler::worker {

namespace {

constexpr long k_in_none = -1;

Result<ThreadStance> stance_of(pid_t process, pid_t thread) {
    const auto activity = activity_of(process, thread);
    if (!activity) {
        return activity.error();
    }
    const auto* call = std::get_if<InSyscall>(&*activity);
    return call == nullptr ? ThreadStance{thread}
                           : ThreadStance{thread, call->number, call->arguments.front()};
}

Error too_many() {
    return {E2BIG, "see where all threads of a worker stand"};
}

} // namespace

Result<Stance> stance_of(const ListProcesses& processes, const LookTime& time) {
    const auto listed = processes();
    if (!listed) {
        return listed.error();
    }
    Stance stance;
    for (const pid_t process : *listed) {
        const auto threads = threads_of(process);
        if (!threads) {
            return threads.error();
        }
        for (const pid_t thread : *threads) {
            if (stance.size() == k_most_stances) {
                return too_many();
            }
            if (time.is_over()) {
                return LookTime::took_too_long();
            }
            const auto one = stance_of(process, thread);
            if (!one) {
                return one.error();
            }
            stance.push_back(*one);
        }
    }
    std::ranges::sort(stance, {}, &ThreadStance::thread);
    return stance;
}

bool stands_still(const Stance& before, const Stance& now) {
    return before == now && std::ranges::none_of(now, [](const ThreadStance& each) {
               return each.call == k_in_none;
           });
}

bool goes_on_waiting(const Stance& before, const Stance& now, std::uint32_t held) {
    if (!std::ranges::equal(before, now, {}, &ThreadStance::thread, &ThreadStance::thread)) {
        return false;
    }
    std::uint32_t waiting = 0;
    std::uint32_t came_to_be_held = 0;
    for (std::size_t i = 0; i < now.size(); ++i) {
        const long call = now[i].call;
        waiting += is_accept(call) ? 1 : 0;
        const bool as_before = now[i] == before[i] && call != k_in_none;
        if (is_accept(call) || as_before) {
            continue;
        }
        if (call != SYS_futex || ++came_to_be_held > held) {
            return false;
        }
    }
    return waiting + held > 0;
}

} // namespace recycler::worker
