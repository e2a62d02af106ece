// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/clearing.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/epoll.h>

namespace recycler::controller {

namespace {

// One in an uninterruptible system call may take for ever.
constexpr Duration k_clearing_patience = std::chrono::milliseconds(200);
// Kernels before 5.2 list those who have ended until they are reaped.
constexpr Duration k_between_looks = std::chrono::milliseconds(2);

bool has_ended(const UniqueFd& pidfd) {
    pollfd question{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    return ::poll(&question, 1, 0) == 1;
}

Result<void> remove_group(LiveWorker& worker) {
    auto removed = worker.group->remove();
    if (removed) {
        worker.group.reset();
    }
    return removed;
}

} // namespace

std::optional<Result<void>> Clearing::clear(const slots::EndRecorded& recorded) {
    LiveWorker& worker = workers_.at(recorded.worker);
    worker.frozen.reset();
    if (!worker.group) {
        return Result<void>();
    }
    Struck struck{.recorded = recorded, .until = loop_.now() + k_clearing_patience};
    if (auto done = strike(struck)) {
        return done;
    }
    auto look_again = loop_.add_timer([this, id = recorded.worker] { go_on(id); });
    if (!look_again) {
        return Result<void>(std::move(look_again).error());
    }
    struck.look_again = std::move(*look_again);
    watch(struck_[recorded.worker] = std::move(struck));
    return std::nullopt;
}

// Nullopt: they have been told to end, and some have not yet.
std::optional<Result<void>> Clearing::strike(Struck& struck) {
    LiveWorker& worker = workers_.at(struck.recorded.worker);
    auto held = worker.group->strike();
    if (!held) {
        return Result<void>(std::move(held).error());
    }
    if (held->empty()) {
        return remove_group(worker);
    }
    struck.ended = {};
    struck.held = std::move(*held);
    if (loop_.now() < struck.until) {
        return std::nullopt;
    }
    return Result<void>(Error{
        ETIMEDOUT, "end " + std::to_string(struck.held.size()) +
                       (struck.held.size() == 1 ? " process that is" : " processes that are") +
                       " still in its cgroup"});
}

void Clearing::watch(Struck& struck) {
    const auto first = std::ranges::find_if_not(struck.held, has_ended);
    struck.ended = {};
    MonoTime again = struck.until;
    if (first != struck.held.end()) {
        if (auto ended =
                loop_.add_io(first->get(), EPOLLIN,
                             [this, id = struck.recorded.worker](std::uint32_t) { go_on(id); })) {
            struck.ended = std::move(*ended);
        }
    } else {
        again = std::min(again, loop_.now() + k_between_looks);
    }
    struck.look_again.arm(again);
}

void Clearing::go_on(WorkerId id) {
    Struck& struck = struck_.at(id);
    const bool some_left = !std::ranges::all_of(struck.held, has_ended);
    if (some_left && loop_.now() < struck.until) {
        watch(struck);
        return;
    }
    if (const auto done = strike(struck)) {
        const slots::EndRecorded recorded = struck.recorded;
        struck_.erase(id);
        cleared_(recorded, *done);
    } else {
        watch(struck);
    }
}

} // namespace recycler::controller
