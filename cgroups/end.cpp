// SPDX-License-Identifier: MIT
// The end of a group: killing who is inside, waiting, removing.
#include "cgroups/files.hpp"
#include "cgroups/group.hpp"
#include "cgroups/parse.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <sys/stat.h>

// glibc 2.36 does not declare these for C++.
extern "C" {
#include <sys/pidfd.h>
}

namespace cgroups {
namespace {

class Deadline {
  public:
    explicit Deadline(Duration limit) : end_(now() + limit) {}
    // For poll(2), rounded up.
    [[nodiscard]] int milliseconds_left() const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - now());
        return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
    }
    [[nodiscard]] bool passed() const { return now() >= end_; }

  private:
    static Duration now() {
        timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    Duration end_;
};

using Held = std::map<pid_t, UniqueFd>;

// A descriptor for each of `pids`, kept from before where its holder lives on. A pid that is free
// meanwhile has none. Out of descriptors, some are enough: the next round has the rest.
Result<void> hold(Held& held, const std::vector<pid_t>& pids, const std::string& group) {
    Held now;
    for (const pid_t pid : pids) {
        UniqueFd fd = std::move(held[pid]);
        if (!fd || ::pidfd_send_signal(fd.get(), 0, nullptr, 0) < 0) {
            fd.reset(::pidfd_open(pid, 0));
        }
        if (!fd && errno == EMFILE && !now.empty()) {
            break;
        }
        if (!fd && errno != ESRCH) {
            return Error{errno, "hold pid " + std::to_string(pid) + " of " + group};
        }
        if (fd) {
            now.emplace(pid, std::move(fd));
        }
    }
    held = std::move(now);
    return {};
}

void await_exits(const Held& held, const Deadline& deadline) {
    for (const auto& [pid, fd] : held) {
        pollfd wait{.fd = fd.get(), .events = POLLIN, .revents = 0};
        (void)::poll(&wait, 1, deadline.milliseconds_left()); // the caller sees who is late
    }
}

// A cgroup that was removed had nobody inside.
bool removed(int code) {
    return code == ENOENT || code == ENODEV;
}

// A removed directory keeps its parent, where a group of the same name may have been made anew:
// that one is not ours.
bool still_there(const UniqueFd& parent, const UniqueFd& directory, const std::string& name) {
    struct stat ours {};
    struct stat there {};
    return ::fstat(directory.get(), &ours) == 0 &&
           ::fstatat(parent.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == there.st_ino;
}

Error still_inside(const std::string& group, std::size_t count) {
    return Error{ETIMEDOUT, "wait until " + group + " is empty (" + std::to_string(count) +
                                (count == 1 ? " process is" : " processes are") + " still inside)"};
}

} // namespace

Result<void> Group::kill(Duration limit) const {
    if (version_ == Version::v2 && files::exists(memory(), "cgroup.kill")) {
        auto killed = files::write(memory(), {"cgroup.kill", name_}, "1");
        return killed || !removed(killed.error().code) ? std::move(killed) : Result<void>{};
    }
    return kill_by_pidfd(limit);
}

// A pid read from cgroup.procs may belong to somebody else an instant later. It is held by a pidfd
// first and killed only if it is then still in the list: whoever the pidfd names is inside, or has
// died and gets no signal. "Empty" is what ends the loop, and not "everybody has a signal": a child
// being forked appears in the list only after its parent could have been seen dead.
Result<void> Group::kill_by_pidfd(Duration limit) const {
    const Deadline deadline(limit);
    Held held;
    for (;;) {
        const auto inside = procs();
        if (!inside && !removed(inside.error().code)) {
            return inside.error();
        }
        if (!inside || inside->empty()) {
            return {};
        }
        if (deadline.passed()) {
            return still_inside(name_, inside->size());
        }
        bool all_were_held = true;
        for (const pid_t pid : *inside) {
            const auto known = held.find(pid);
            const bool sent = known != held.end() &&
                              ::pidfd_send_signal(known->second.get(), SIGKILL, nullptr, 0) == 0;
            all_were_held = all_were_held && sent;
        }
        if (all_were_held) {
            await_exits(held, deadline);
        }
        if (auto done = hold(held, *inside, name_); !done) {
            return done;
        }
    }
}

// Held first and killed when still in the list, as above.
Result<std::vector<UniqueFd>> Group::strike() const {
    std::vector<UniqueFd> held_of_all;
    const auto first = inside_now();
    if (!first || first->empty()) {
        return first ? Result(std::move(held_of_all)) : first.error();
    }
    Held held;
    if (auto done = hold(held, *first, name_); !done) {
        return std::move(done).error();
    }
    if (version_ == Version::v2 && files::exists(memory(), "cgroup.kill")) {
        auto killed = files::write(memory(), {"cgroup.kill", name_}, "1");
        if (!killed && !removed(killed.error().code)) {
            return std::move(killed).error();
        }
    }
    const auto inside = inside_now();
    if (!inside) {
        return inside.error();
    }
    for (const pid_t pid : *inside) {
        if (const auto known = held.find(pid); known != held.end()) {
            (void)::pidfd_send_signal(known->second.get(), SIGKILL, nullptr, 0); // ESRCH: it ended
        }
    }
    for (auto& [pid, fd] : held) {
        held_of_all.push_back(std::move(fd));
    }
    if (held_of_all.empty() && !inside->empty()) {
        return still_inside(name_, inside->size());
    }
    return held_of_all;
}

// Nobody, where somebody has removed it.
Result<std::vector<pid_t>> Group::inside_now() const {
    auto inside = procs();
    return inside || !removed(inside.error().code) ? std::move(inside) : std::vector<pid_t>();
}

Result<void> Group::wait_empty(Duration limit) const {
    const Deadline deadline(limit);
    for (;;) {
        const auto inside = procs();
        if (!inside && !removed(inside.error().code)) {
            return inside.error();
        }
        if (!inside || inside->empty()) {
            return {};
        }
        if (deadline.passed()) {
            return still_inside(name_, inside->size());
        }
        Held held;
        if (auto done = hold(held, *inside, name_); !done) {
            return done;
        }
        await_exits(held, deadline);
    }
}

Result<void> Group::remove() {
    for (const UniqueFd& directory : directories_) {
        const UniqueFd parent(::openat(directory.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!parent && !removed(errno)) {
            return Error{errno, "find the parent of " + name_};
        }
        if (!parent || !still_there(parent, directory, name_)) {
            continue;
        }
        if (::unlinkat(parent.get(), name_.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) {
            return Error{errno, "remove cgroup " + name_};
        }
    }
    return {};
}

} // namespace cgroups
