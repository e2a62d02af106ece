// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/kernel_word.hpp"

#include <csignal>
#include <sys/epoll.h>

namespace recycler::controller {

namespace {

// The kernel's log follows the end of the process by some milliseconds.
constexpr Duration k_word_follows = std::chrono::milliseconds(50);

bool was_killed(const LiveWorker& worker, int signal) {
    const keeper::Exit* exit = exit_of(worker);
    return exit != nullptr && exit->code != CLD_EXITED && exit->status == signal;
}

bool lost_somebody_for_memory(const LiveWorker& worker) {
    const auto counts = worker.group ? worker.group->oom() : Result(cgroups::OomCounts{});
    return counts && counts->oom_kill > 0U;
}

} // namespace

// Who was killed for memory was chosen, and told of, before.
bool KernelWord::is_spoken(LiveWorker& dead) {
    const bool by_filter = was_killed(dead, SIGSYS);
    if (!by_filter && !lost_somebody_for_memory(dead)) {
        return true;
    }
    listen();
    if (!by_filter || why_not_ || dead.refused_call) {
        return true;
    }
    const WallTime launched = loop_.wall_now() - (loop_.now() - dead.launched_at);
    if (deaths_.filter_kill_of(dead.pid, launched)) {
        return true;
    }
    auto& until = std::get<Ended>(dead.life).word_awaited_until;
    if (!until) {
        until = loop_.now() + k_word_follows;
    }
    return loop_.now() >= *until || !await(*until);
}

void KernelWord::listen() {
    const auto read = deaths_.read_on();
    why_not_ = read ? std::nullopt : std::optional(read.error());
}

// False: it cannot be waited for.
bool KernelWord::await(MonoTime until) {
    if (!more_) {
        auto more = loop_.add_io(deaths_.fd(), EPOLLIN, [this](std::uint32_t) { look(); });
        auto too_late = loop_.add_timer([this] { look(); });
        if (!more || !too_late) {
            return false;
        }
        more_ = std::move(*more);
        too_late_ = std::move(*too_late);
    }
    awaited_until_ = std::max(awaited_until_, until);
    more_.watch(EPOLLIN);
    too_late_.arm(until);
    return true;
}

// Those who wait on ask again, which watches the log again.
void KernelWord::look() {
    listen();
    more_.pause();
    if (loop_.now() < awaited_until_) {
        too_late_.arm(awaited_until_);
    }
    has_come_();
}

} // namespace recycler::controller
