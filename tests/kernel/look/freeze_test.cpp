// SPDX-License-Identifier: MIT
#include "recycler/worker/look/freeze.hpp"

#include "recycler/worker/look/idleness.hpp"
#include "recycler/worker/look/readiness.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

// Forks without end; each child forks no more and lives until the next one is there.
[[noreturn]] void keep_forking() {
    pid_t last = -1;
    for (;;) {
        const pid_t child = ::fork();
        if (child == 0) {
            for (;;) {
                (void)::pause();
            }
        }
        if (last > 0) {
            (void)::kill(last, SIGKILL);
            (void)::waitpid(last, nullptr, 0);
        }
        last = child;
    }
}

[[noreturn]] void wait_in_poll() {
    pollfd set[2]{{-1, POLLIN, 0}, {0, POLLIN, 0}};
    for (;;) {
        (void)::poll(set, 2, -1);
    }
}

[[noreturn]] void wait_in_select() {
    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(0, &set);
        (void)::select(1, &set, nullptr, nullptr, nullptr);
    }
}

[[noreturn]] void wait_in_epoll() {
    const int epoll = ::epoll_create1(0);
    epoll_event event{.events = EPOLLIN, .data = {.fd = 0}};
    (void)::epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
    for (;;) {
        (void)::epoll_wait(epoll, &event, 1, -1);
    }
}

[[noreturn]] void wait_for_something_else() {
    int ends[2];
    (void)!::pipe(ends);
    pollfd set[1]{{ends[0], POLLIN, 0}};
    for (;;) {
        (void)::poll(set, 1, -1);
    }
}

bool sleeps(pid_t pid) {
    const auto state = state_of(pid, pid);
    return state && *state == 'S';
}

// Ends the worker only when it is seen to hold no connection while nothing moves.
bool end_if_idle(rig::Worker& worker, int listener, SocketDiag& diag) {
    auto frozen = freeze(worker.processes(), 1s);
    if (!rig::is_known(frozen)) {
        return false;
    }
    const auto held = connections_held({listener, Port::ours_alone, worker.processes()}, diag);
    REQUIRE(held);
    if (*held > 0) {
        return false;
    }
    frozen->kill();
    worker.end();
    return true;
}

} // namespace

TEST_CASE("a frozen worker makes no step, and a thawed one goes on") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    REQUIRE(rig::is_ready(worker, slot.listener.get()));
    auto frozen = freeze(worker.processes(), 1s);
    REQUIRE(frozen);
    CHECK(*state_of(worker.pid(), worker.pid()) == 'T');
    const UniqueFd waiting = rig::connect_to(slot.address);
    auto diag = SocketDiag::open();
    CHECK(*connections_held({slot.listener.get(), Port::ours_alone, worker.processes()}, *diag) ==
          0);
    CHECK(rig::has_queued(slot.listener.get(), 1));
    frozen->thaw();
    CHECK(rig::ask(waiting.get()) == 'a');
}

TEST_CASE("a worker is never left stopped") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    {
        const auto frozen = freeze(worker.processes(), 1s);
        REQUIRE(frozen);
    }
    CHECK(rig::ask(slot.address) == 'a');
    REQUIRE(::kill(worker.pid(), SIGSTOP) == 0); // as a controller that was killed leaves it
    REQUIRE(thaw_all(worker.processes()));
    CHECK(rig::ask(slot.address) == 'a');
}

TEST_CASE("a worker that forks without end is frozen whole") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), keep_forking);
    for (int i = 0; i < 20; ++i) {
        const auto frozen = freeze(worker.processes(), 2s);
        REQUIRE(frozen);
        const auto listed = worker.processes()();
        for (const pid_t pid : *listed) {
            CHECK(*state_of(pid, pid) == 'T');
        }
        CHECK(*worker.processes()() == *listed);
    }
}

TEST_CASE("an accepted connection is seen in a frozen worker, also when the port is shared") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), rig::accept_and_hold);
    const UniqueFd client = rig::connect_to(slot.address);
    REQUIRE(rig::has_accepted(slot.listener.get(), 1));
    auto diag = SocketDiag::open();
    const auto frozen = freeze(worker.processes(), 1s);
    REQUIRE(frozen);
    for (const Port port : {Port::ours_alone, Port::shared}) {
        CHECK(*connections_held({slot.listener.get(), port, worker.processes()}, *diag) == 1);
    }
}

TEST_CASE("behind an open gate and under load, workers are replaced without a lost connection") {
    constexpr int k_handovers = 100;
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    auto worker = std::make_unique<rig::Worker>(slot.listener.get(), [] { rig::serve('a'); });
    rig::Clients clients(slot.address, 6);
    int attempts = 0;
    for (int i = 0; i < k_handovers; ++i) {
        const auto before = clients.answered();
        REQUIRE(rig::eventually([&] { return clients.answered() > before; }));
        REQUIRE(rig::eventually([&] {
            ++attempts;
            return end_if_idle(*worker, slot.listener.get(), *diag);
        }));
        worker = std::make_unique<rig::Worker>(slot.listener.get(), [] { rig::serve('a'); });
    }
    const rig::Tally tally = clients.stop();
    CHECK(tally.failed == 0);
    CHECK(tally.refused == 0);
    MESSAGE(k_handovers, " queue handovers in ", attempts, " attempts, ", tally.answered,
            " answered, worst ", tally.worst.count() / 1'000'000, " ms");
}

TEST_CASE("a worker is ready when it waits on the listener, in whatever call") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    for (void (*body)() : {+[] { rig::serve('a'); }, +[] { wait_in_poll(); },
                           +[] { wait_in_select(); }, +[] { wait_in_epoll(); }}) {
        const rig::Worker worker(slot.listener.get(), body);
        CHECK(rig::is_ready(worker, slot.listener.get()));
    }
}

TEST_CASE("a worker that waits for something else is not ready") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), wait_for_something_else);
    REQUIRE(rig::eventually([&] { return sleeps(worker.pid()); }));
    const auto inode = inode_of(slot.listener.get());
    CHECK_FALSE(*waits_on(*inode, worker.processes()));
}
