// SPDX-License-Identifier: MIT
#include "tests/kernel/cgroups/inmate.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// glibc 2.36 does not declare these for C++.
extern "C" {
#include <sys/pidfd.h>
}

namespace {

constexpr std::uint64_t k_page = 4096;

std::int64_t allocate(std::uint64_t amount) {
    auto* const memory = static_cast<volatile char*>(
        ::mmap(nullptr, amount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory == MAP_FAILED) {
        return -errno;
    }
    for (std::uint64_t at = 0; at < amount; at += k_page) {
        memory[at] = 1;
    }
    return 0;
}

std::int64_t fill_file(std::uint64_t amount) {
    // Not /tmp: pages of a tmpfs are shared memory. Without a name it vanishes with us.
    const int fd = ::open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    static std::array<char, 1 << 16> block;
    for (std::uint64_t done = 0; done < amount; done += block.size()) {
        if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) {
            return -errno;
        }
    }
    return ::fsync(fd) == 0 ? 0 : -errno; // and it stays open, so that its pages stay
}

std::int64_t fork_child(int line) {
    const pid_t child = ::fork();
    if (child == 0) { // it outlives us, until its group is killed
        (void)::close(line);
        for (;;) {
            (void)::pause();
        }
    }
    return child;
}

[[noreturn]] void fork_storm(int line) {
    for (;;) {
        if (::fork() == 0) {
            (void)::send(line, "s", 1, MSG_DONTWAIT | MSG_NOSIGNAL); // a full line has seen enough
        }
        (void)::waitpid(-1, nullptr, WNOHANG);
    }
}

std::int64_t carry_out(Order order, int line) {
    switch (order.verb) {
    case Verb::allocate:
        return allocate(order.amount);
    case Verb::fill_file:
        return fill_file(order.amount);
    case Verb::fork_child:
        return fork_child(line);
    case Verb::fork_storm:
        fork_storm(line);
    }
    return -EINVAL;
}

// A test that cannot be told is over.
void tell(int line, std::int64_t result) {
    if (::write(line, &result, sizeof result) != sizeof result) {
        ::_exit(1);
    }
}

[[noreturn]] void live(const cgroups::Placement& placement, int line) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const auto& tasks : placement.v1_tasks) {
        if (::write(tasks.get(), "0", 1) != 1) {
            ::_exit(errno);
        }
    }
    // Inherited from whoever runs the tests: at -1000 the kernel would not kill, and the test hang.
    const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    const std::int64_t inside = ::write(score, "0", 1) == 1 ? 0 : -errno;
    tell(line, inside);
    Order order;
    while (::read(line, &order, sizeof order) == sizeof order) {
        const std::int64_t result = carry_out(order, line);
        tell(line, result);
    }
    ::_exit(0);
}

pid_t fork_into(const cgroups::Placement& placement) {
    if (!placement.v2_directory) {
        return ::fork();
    }
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(placement.v2_directory.get());
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

} // namespace

bool ready(int fd, short events, int milliseconds) {
    pollfd wait{.fd = fd, .events = events, .revents = 0};
    return ::poll(&wait, 1, milliseconds) == 1 && (wait.revents & events) != 0;
}

Inmate::Inmate(const cgroups::Group& group) {
    const auto placement = group.placement();
    REQUIRE(placement);
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    line_.reset(ends[0]);
    const recycler::UniqueFd theirs(ends[1]);
    pid_ = fork_into(*placement);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        line_.reset();
        live(*placement, theirs.get());
    }
    pidfd_.reset(::pidfd_open(pid_, 0));
    REQUIRE(pidfd_);
    std::int64_t inside = -1;
    REQUIRE(ready(line_.get(), POLLIN));
    REQUIRE(::read(line_.get(), &inside, sizeof inside) == sizeof inside);
    REQUIRE(inside == 0);
}

Inmate::~Inmate() {
    if (pid_ > 0) {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
}

void Inmate::begins(Order order) const {
    REQUIRE(::write(line_.get(), &order, sizeof order) == sizeof order);
}

std::optional<std::int64_t> Inmate::does(Order order) {
    begins(order);
    std::int64_t result = 0;
    REQUIRE(ready(line_.get(), POLLIN));
    if (::read(line_.get(), &result, sizeof result) != sizeof result) {
        return std::nullopt;
    }
    return result;
}

void Inmate::storm_reached(std::size_t count) const {
    char byte = 0;
    for (std::size_t seen = 0; seen < count; ++seen) {
        REQUIRE(ready(line_.get(), POLLIN));
        REQUIRE(::read(line_.get(), &byte, 1) == 1);
    }
}

siginfo_t Inmate::end() {
    siginfo_t how{};
    REQUIRE(ready(pidfd_.get(), POLLIN));
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED) == 0);
    pid_ = -1;
    return how;
}
