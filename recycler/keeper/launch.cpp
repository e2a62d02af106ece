// SPDX-License-Identifier: MIT
#include "recycler/keeper/launch.hpp"

#include "recycler/keeper/protocol/sealed.hpp"
#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::keeper {

using worker::Step;
using worker::StepFailure;

namespace {

// A pipe whose reading end never waits. The writing end of a worker's output does, as programs
// expect.
int make_pipe(UniqueFd& reader, UniqueFd& writer) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) {
        return errno;
    }
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    return ::fcntl(reader.get(), F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

// fork(2) with a pidfd and, on cgroup v2, a birthplace. Returns 0 in the child, the pid in the
// parent, or -1.
pid_t fork_into(int cgroup_directory, UniqueFd& pidfd) {
    int fd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&fd);
    arguments.exit_signal = SIGCHLD;
    if (cgroup_directory >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(cgroup_directory);
    }
    long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0 && errno == ENOSYS && cgroup_directory < 0) {
        // Container runtimes answer clone3 with ENOSYS, because their filters cannot look into its
        // arguments.
        pid = ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &fd, nullptr, 0);
    }
    if (pid > 0) {
        pidfd.reset(fd);
    }
    return static_cast<pid_t>(pid);
}

// The same plan comes again and again: what the child sees is written only when it is another.
std::span<const std::byte> plan_for_child(int memfd) {
    static OwnBytes<worker::k_max_plan_size> read;
    alignas(std::max_align_t) static std::array<std::byte, worker::k_max_plan_size> seen;
    const auto now = sealed_bytes(memfd, read.bytes);
    const auto there = std::span{seen}.first(now.size());
    if (!std::ranges::equal(now, there)) {
        std::ranges::copy(now, there.begin());
    }
    return there;
}

// EAGAIN (pids.max, RLIMIT_NPROC) and ENOMEM are the fork's; what else clone3 says on the way into
// a cgroup is the cgroup's.
Step step_of(int error, Placement placement) {
    const bool is_fork = error == EAGAIN || error == ENOMEM || placement != Placement::directory;
    return is_fork ? Step::fork : Step::cgroup;
}

} // namespace

StepFailure launch_worker(const Launch& launch, const Packet& packet, const Permits* permits,
                          WorkerRecord& record) {
    const auto bytes = plan_for_child(packet.fds[k_plan_at].get());
    const std::optional<worker::PlanView> plan = worker::PlanView::from(bytes);
    if (!plan) {
        return {.step = Step::plan, .error = bytes.empty() ? EPERM : EBADMSG};
    }
    if (permits != nullptr && !permits->allow(launch.id, *plan)) {
        return {.step = Step::plan, .error = EACCES};
    }
    UniqueFd output;
    UniqueFd failure;
    int error = make_pipe(record.output, output);
    if (error == 0) {
        error = make_pipe(record.failure_pipe, failure);
    }
    if (error != 0) {
        return {.step = Step::descriptors, .error = error};
    }
    std::array<int, k_max_placements> placements{};
    for (std::size_t i = 0; i < launch.placements; ++i) {
        placements[i] = packet.fds[k_channel_at + launch.channel + i].get();
    }
    worker::ChannelFiles channel{-1, -1, -1};
    for (std::size_t i = 0; i < launch.channel; ++i) {
        channel[i] = packet.fds[k_channel_at + i].get();
    }
    const bool is_directory = launch.placement == Placement::directory;
    const pid_t keeper = ::getpid();
    const pid_t pid = fork_into(is_directory ? placements[0] : -1, record.pidfd);
    if (pid == 0) {
        worker::run_child({
            .plan = *plan,
            .descriptors = {.listener = packet.fds[k_listener_at].get(),
                            .output = output.get(),
                            .page = packet.fds[k_page_at].get(),
                            .failure = failure.get(),
                            .channel = channel},
            .tasks = std::span{placements}.first(is_directory ? 0 : launch.placements),
            .parent = keeper,
        });
    }
    if (pid < 0) {
        return {.step = step_of(errno, launch.placement), .error = errno};
    }
    record.pid = pid;
    return {};
}

} // namespace recycler::keeper
