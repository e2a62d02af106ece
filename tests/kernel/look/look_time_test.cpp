// SPDX-License-Identifier: MIT
// A worker that gives whoever looks at it as much to read as the kernel lets it: the look ends in
// its time, and says that it is unknown what the worker does.
#include "recycler/worker/look/look_time.hpp"

#include "recycler/worker/look/readiness.hpp"
#include "recycler/worker/look/thread_look.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <cerrno>
#include <chrono>
#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;

namespace {

constexpr int k_files = 300;
constexpr int k_numbers = 600; // each file is watched under each of them
constexpr int k_first_number = 400;
constexpr int k_waiting = 12; // processes

[[noreturn]] void wait_for_none_of(int epoll) {
    epoll_event event{};
    for (;;) {
        (void)::epoll_wait(epoll, &event, 1, -1);
    }
}

// The kernel names an entry of the set by file and number, so few descriptors make many entries:
// 180,000 lines of /proc/PID/fdinfo, some 200 ms for each who reads them.
[[noreturn]] void wait_on_a_huge_set() {
    rlimit limit{.rlim_cur = 1024, .rlim_max = 1024};
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    const int epoll = ::epoll_create1(0);
    int files[k_files];
    for (int& file : files) {
        file = ::eventfd(0, 0);
    }
    for (int number = k_first_number; number < k_first_number + k_numbers; ++number) {
        for (const int file : files) {
            epoll_event nothing{};
            if (::dup2(file, number) < 0 ||
                ::epoll_ctl(epoll, EPOLL_CTL_ADD, number, &nothing) != 0) {
                ::_exit(1);
            }
        }
    }
    for (int i = 1; i < k_waiting; ++i) {
        if (::fork() == 0) {
            wait_for_none_of(epoll);
        }
    }
    wait_for_none_of(epoll);
}

bool all_wait(const rig::Worker& worker) {
    const auto listed = worker.processes()();
    return listed && listed->size() == k_waiting;
}

template <typename Look>
std::chrono::steady_clock::duration taken_by(Look look) {
    const auto begun = std::chrono::steady_clock::now();
    look();
    return std::chrono::steady_clock::now() - begun;
}

} // namespace

TEST_CASE("a look at one that has more than can be read ends in its time, and it is not ready") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), wait_on_a_huge_set);
    REQUIRE(rig::eventually([&] { return all_wait(worker); }));
    const auto inode = inode_of(slot.listener.get());
    REQUIRE(inode);
    // Without a bound: k_waiting times 200 ms, and as much again to look each number up.
    std::optional<recycler::Result<bool>> waits;
    CHECK(taken_by([&] { waits.emplace(waits_on(*inode, worker.processes())); }) < 1s);
    const bool is_unknown = !*waits && waits->error().code == ETIMEDOUT;
    CHECK(is_unknown);
    CHECK(taken_by([&] { (void)look_at_threads(*worker.processes()(), LookTime(300ms), {}); }) <
          1s);
}

TEST_CASE("without time no descriptors are listed, and that is no empty list") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] {
        while (::dup(0) >= 0 && ::dup(0) < 900) {
        }
        for (;;) {
            (void)::pause();
        }
    });
    REQUIRE(rig::eventually([&] {
        const auto count = descriptors_of(worker.pid());
        return count && *count > 800;
    }));
    CHECK(sockets_of(worker.pid(), LookTime(5s))->size() > 800);
    const auto none = sockets_of(worker.pid(), LookTime(0s));
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ETIMEDOUT);
}

TEST_CASE("what can be read in time is read as it stands") {
    const std::string own = std::to_string(::getpid());
    const auto status = LookTime(5s).read("/proc/" + own + "/status");
    REQUIRE(status);
    CHECK(status->find("\nPid:\t" + own + "\n") != std::string::npos);
    CHECK(LookTime(5s).read("/proc/self/not/there").error().code == ENOENT);
}
