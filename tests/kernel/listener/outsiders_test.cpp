// SPDX-License-Identifier: MIT
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/outsiders.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::Duration;
using recycler::UniqueFd;

namespace {

void* wait_for_ever(void*) {
    for (;;) {
        (void)::pause();
    }
}

// Its main thread ends; another one goes on, and has the descriptors.
void go_on_beside() {
    pthread_t thread{};
    if (::pthread_create(&thread, nullptr, wait_for_ever, nullptr) == 0) {
        (void)::syscall(SYS_exit, 0); // pthread_exit(3) would unwind the test
    }
    ::_exit(1);
}

// A grandchild of the test whose parent has ended: it descends from the test no more. It has what
// was open when it began.
class Outsider {
  public:
    explicit Outsider(void (*body)()) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const UniqueFd from(ends[0]);
        const pid_t parent = ::fork();
        if (parent == 0) {
            const pid_t child = ::fork();
            if (child == 0) {
                body();
            }
            ::_exit(::write(ends[1], &child, sizeof child) == sizeof child ? 0 : 1);
        }
        ::close(ends[1]);
        REQUIRE(::read(from.get(), &pid_, sizeof pid_) == sizeof pid_);
        REQUIRE(::waitpid(parent, nullptr, 0) == parent);
    }
    Outsider(const Outsider&) = delete;
    Outsider& operator=(const Outsider&) = delete;
    ~Outsider() { ::kill(pid_, SIGKILL); }

    [[nodiscard]] std::string in_words() const {
        return "kernel_listener (pid " + std::to_string(pid_) + ", uid " +
               std::to_string(::getuid()) + ")";
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = -1;
};

// As many as the hard limit allows, for a while.
class MoreFiles {
  public:
    MoreFiles() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit most{.rlim_cur = before_.rlim_max, .rlim_max = before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &most) == 0);
    }
    MoreFiles(const MoreFiles&) = delete;
    MoreFiles& operator=(const MoreFiles&) = delete;
    ~MoreFiles() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

Outsiders found_for(const rig::Slot& slot, Duration slice = 1s) {
    OutsiderSearch search({*inode_of(slot.listener.get())}, ::getpid());
    int slices = 1;
    while (search.go_on(slice)) {
        ++slices;
    }
    CHECK((slices > 1) == (slice == 0s)); // it stops after the first descriptors
    return search.found();
}

} // namespace

TEST_CASE("a process that descends from ours holds a listener by right") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    CHECK(found_for(slot).empty());
}

TEST_CASE("an outsider that holds a listener is named, in one slice or in many") {
    const rig::Slot before = rig::open_slot("127.0.0.1");
    const Outsider outsider([] { (void)wait_for_ever(nullptr); });
    const rig::Slot after = rig::open_slot("127.0.0.1");
    for (const Duration slice : {Duration(1s), Duration(0s)}) {
        const Outsiders found = found_for(before, slice);
        REQUIRE(found.size() == 1);
        CHECK(found.begin()->second == outsider.in_words());
        CHECK(found_for(after, slice).empty());
    }
}

TEST_CASE("an outsider whose main thread has ended is found by its other thread") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const Outsider outsider(go_on_beside);
    REQUIRE(rig::eventually([&] { return *state_of(outsider.pid(), outsider.pid()) == 'Z'; }));
    const Outsiders found = found_for(slot);
    REQUIRE(found.size() == 1);
    CHECK(found.begin()->second == outsider.in_words());
}

TEST_CASE("an outsider with so many descriptors that they take too long hides no other one") {
    const MoreFiles more;
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    std::vector<UniqueFd> many;
    while (many.size() < 9'000) { // more than are read in the slices that one process gets
        many.emplace_back(::fcntl(slot.listener.get(), F_DUPFD_CLOEXEC, 0));
        REQUIRE(many.back());
    }
    const rig::Slot last = rig::open_slot("127.0.0.1");
    const Outsider full([] { (void)wait_for_ever(nullptr); });
    many.clear();
    const Outsider other([] { (void)wait_for_ever(nullptr); });
    const Outsiders found = found_for(last, 0s);
    REQUIRE(found.size() == 1);
    CHECK(found.begin()->second == other.in_words());
}
