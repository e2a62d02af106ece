// SPDX-License-Identifier: MIT
#include "recycler/worker/look/open_files.hpp"
#include "recycler/worker/look/proc.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::worker;

namespace {

template <typename Act>
pid_t forked(Act act) {
    const pid_t child = ::fork();
    if (child == 0) {
        act();
        ::_exit(0);
    }
    return child;
}

void* wait_for_ever(void* unused) {
    for (;;) {
        (void)::pause();
    }
    return unused;
}

void end_all_but_one_thread() {
    pthread_t thread{};
    (void)::pthread_create(&thread, nullptr, wait_for_ever, nullptr);
    (void)::syscall(SYS_exit, 0); // pthread_exit() would unwind into the test
}

void reap(pid_t child) {
    (void)::kill(child, SIGKILL);
    CHECK(::waitpid(child, nullptr, 0) == child);
}

bool exiting(pid_t pid) {
    const auto told = is_exiting(pid);
    REQUIRE(told);
    return *told;
}

} // namespace

TEST_CASE("a process that has ended is exiting before it is reaped, and after") {
    const pid_t child = forked([] {});
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
    CHECK(exiting(child));
    reap(child);
    CHECK(exiting(child));
}

TEST_CASE("one that lives is not, even when its first thread has ended") {
    CHECK_FALSE(exiting(::getpid()));
    const pid_t child = forked(end_all_but_one_thread);
    while (state_of(child, child).value() != 'Z') {
        ::usleep(1000);
    }
    CHECK_FALSE(exiting(child));
    reap(child);
}

TEST_CASE("the open files of a process are counted, however the kernel tells them") {
    const auto before = open_files_of(::getpid());
    REQUIRE(before);
    CHECK(before->count == *descriptors_of(::getpid()) - 1); // it counts the folder that it lists
    std::vector<recycler::UniqueFd> more;
    for (int i = 0; i < 100; ++i) {
        more.emplace_back(::dup(0));
    }
    CHECK(open_files_of(::getpid())->count == before->count + 100);
    const pid_t child = forked([] {});
    reap(child);
    CHECK(is_gone(open_files_of(child).error()));
}
