// SPDX-License-Identifier: MIT
// Tree::prove: a rehearsal of what each worker's start needs, so that "enforced" in status is a
// fact.
#include "cgroups/tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cgroups {
namespace {

using namespace std::chrono_literals;
using recycler::operator""_MiB;

constexpr Duration k_end_limit = 2s;

// One child that waits inside a group until its line is closed.
struct Dummy {
    pid_t pid = -1;
    UniqueFd line;
};

// In the child: only plain system calls, for other threads may have held any lock. Tells an errno,
// then waits for the end.
[[noreturn]] void live(const Placement& placement, int line) {
    int trouble = 0;
    for (const UniqueFd& tasks : placement.v1_tasks) {
        if (::write(tasks.get(), "0", 1) != 1) {
            trouble = errno;
        }
    }
    char end = 0;
    const bool told = ::write(line, &trouble, sizeof trouble) == sizeof trouble;
    ::_exit(told && ::read(line, &end, 1) >= 0
                ? 0
                : 1); // nobody asks: a parent that is gone needs no answer
}

pid_t fork_and_move(int directory) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        const UniqueFd procs(::openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC));
        if (!procs || ::write(procs.get(), "0", 1) != 1) {
            ::_exit(1);
        }
    }
    return pid;
}

pid_t fork_into(const Placement& placement, Entry entry) {
    if (!placement.v2_directory) {
        return ::fork();
    }
    if (entry == Entry::move) {
        return fork_and_move(placement.v2_directory.get());
    }
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(placement.v2_directory.get());
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

Result<Dummy> start_dummy(const Group& group, Entry entry) {
    const auto placement = group.placement();
    if (!placement) {
        return placement.error();
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0) {
        return Error{errno, "make a line to a child"};
    }
    UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const pid_t pid = fork_into(*placement, entry);
    if (pid < 0) {
        return Error{errno, "start a child in " + group.name()};
    }
    if (pid == 0) {
        ours.reset(); // else the child would hold its own line open
        live(*placement, theirs.get());
    }
    return Dummy{pid, std::move(ours)};
}

Result<void> see_inside(const Group& group, const Dummy& dummy) {
    int trouble = 0;
    if (::read(dummy.line.get(), &trouble, sizeof trouble) != sizeof trouble) {
        return Error{0, "a child in " + group.name() + " ended before it could tell"};
    }
    if (trouble != 0) {
        return Error{trouble, "enter " + group.name()};
    }
    const auto inside = group.procs();
    if (!inside) {
        return inside.error();
    }
    if (std::find(inside->begin(), inside->end(), dummy.pid) == inside->end()) {
        return Error{0, "a child that entered " + group.name() + " is not seen inside"};
    }
    return {};
}

Result<void> rehearse(const Group& group, Entry entry) {
    auto dummy = start_dummy(group, entry);
    if (!dummy) {
        return dummy.error();
    }
    auto seen = see_inside(group, *dummy);
    dummy->line.reset();
    while (::waitpid(dummy->pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (!seen) {
        return seen;
    }
    return group.wait_empty(k_end_limit);
}

} // namespace

Entry entry_without_births() {
    // Without arguments the call says EINVAL; a list that leaves it out says ENOSYS.
    return ::syscall(SYS_clone3, nullptr, 0) < 0 && errno == EINVAL ? Entry::move : Entry::birth;
}

Result<void> Tree::prove(Entry entry) {
    const std::string name = "prove";
    if (auto cleared = clear(name); !cleared) { // an earlier one may have been cut off
        return cleared;
    }
    auto group = create(
        name, {.memory_max = 64_MiB, .swap_max = Bytes{0}, .pids_max = 16, .cpu_weight = 100});
    if (!group) {
        return std::move(group).error().within("prove that limits hold");
    }
    auto rehearsed = rehearse(*group, entry);
    auto removed = group->remove();
    if (!rehearsed) {
        return std::move(rehearsed).error().within("prove that limits hold");
    }
    return removed;
}

} // namespace cgroups
