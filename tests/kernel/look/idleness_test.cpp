// SPDX-License-Identifier: MIT
#include "recycler/worker/look/idleness.hpp"

#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/listen/references.hpp"
#include "recycler/worker/listen/steering.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

void let_answers_through(int socket) {
    const int ignored = 0;
    REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored) == 0);
}

// Shuts down its sending side after the answer and lingers, as libfcgi does.
[[noreturn]] void answer_and_linger() {
    const int connection = ::accept(0, nullptr, nullptr);
    char byte = 0;
    (void)!::read(connection, &byte, 1);
    (void)!::write(connection, &byte, 1);
    (void)::shutdown(connection, SHUT_WR);
    for (;;) {
        (void)::pause();
    }
}

[[noreturn]] void spin() {
    for (;;) {
        asm volatile("");
    }
}

} // namespace

TEST_CASE("a queued connection is work to do, and so is an accepted one until it is closed") {
    for (const char* host : {"127.0.0.1", "::1"}) {
        const rig::Slot slot = rig::open_slot(host);
        const Watched watched{.listener = slot.listener.get(), .processes = {}};
        CHECK(rig::look_now(watched).idle());
        UniqueFd first = rig::connect_to(slot.address);
        REQUIRE(rig::has_queued(slot.listener.get(), 1));
        CHECK(rig::look_now(watched).queued == 1);
        CHECK_FALSE(rig::look_now(watched).idle());

        const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
        REQUIRE(rig::ask(first.get()) == 'a');
        const Idleness busy = rig::look_now(watched);
        CHECK(busy.queued == 0);
        CHECK(busy.connections == 1);
        first.reset();
        CHECK(rig::eventually([&] { return rig::look_now(watched).idle(); }));
    }
}

TEST_CASE("what another program has on the same port of another address is not the worker's") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const policies::Address beside =
        policies::TcpAddress{"127.0.0.2", std::get<policies::TcpAddress>(slot.address).port};
    const auto other = open_first(rig::spec_of(beside));
    REQUIRE(other);
    const UniqueFd client = rig::connect_to(beside);
    const Watched watched{.listener = slot.listener.get(), .processes = {}};
    CHECK(rig::look_now({.listener = other->get(), .processes = {}}).queued == 1);
    CHECK(rig::look_now(watched).idle());
    const rig::Worker worker(other->get(), rig::accept_and_hold);
    REQUIRE(rig::has_accepted(other->get(), 1));
    CHECK(rig::look_now(watched).idle());
    CHECK(rig::has_accepted(slot.listener.get(), 0));
}

TEST_CASE("a connection that its client has finished with is held until the worker closes it") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const Watched watched{.listener = slot.listener.get(), .processes = {}};
    const rig::Worker worker(slot.listener.get(), rig::accept_and_hold);
    const UniqueFd client = rig::connect_to(slot.address);
    REQUIRE(::shutdown(client.get(), SHUT_WR) == 0); // CLOSE_WAIT at the worker
    CHECK(rig::eventually([&] { return rig::look_now(watched).connections == 1; }));
    CHECK_FALSE(rig::look_now(watched).idle());
}

TEST_CASE("a worker that lingers after its answer is not idle") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const Watched watched{.listener = slot.listener.get(), .processes = {}};
    const rig::Worker worker(slot.listener.get(), answer_and_linger);
    const UniqueFd client = rig::connect_to(slot.address);
    REQUIRE(rig::ask(client.get()) != 0);
    char byte = 0;
    REQUIRE(::recv(client.get(), &byte, 1, 0) == 0); // the worker's FIN is here: FIN_WAIT2 there
    CHECK(rig::look_now(watched).connections == 1);
}

TEST_CASE("a connection still half-open when the gate closes is seen, and ends up in the queue") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const Watched watched{.listener = slot.listener.get(), .processes = {}};
    const UniqueFd client = rig::connect_half(slot.address);
    REQUIRE(hide(slot.address, slot.listener.get()));
    const Idleness before = rig::look_now(watched);
    CHECK(before.half_open == 1);
    CHECK(before.queued == 0);
    CHECK_FALSE(before.idle());
    CHECK(before.idle_but_half_open());

    let_answers_through(client.get()); // the kernel repeats its SYN-ACK after a second
    CHECK(rig::eventually([&] { return rig::look_now(watched).queued == 1; }));
    CHECK(rig::look_now(watched).half_open == 0);
}

TEST_CASE("two workers on one port are told apart") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker old_worker(slot.listener.get(), [] { rig::serve('a'); });
    REQUIRE(steer_all(slot.listener.get(), 0));
    const auto joined = open_joined(rig::spec_of(slot.address, 2));
    REQUIRE(joined);
    const rig::Worker new_worker(joined->get(), [] { rig::serve('b'); });
    REQUIRE(rig::is_ready(old_worker, slot.listener.get()));
    REQUIRE(steer_all(slot.listener.get(), 1));
    const UniqueFd client = rig::connect_to(slot.address);
    REQUIRE(rig::ask(client.get()) == 'b');
    const UniqueFd queued = rig::connect_to(slot.address);
    REQUIRE(rig::has_queued(joined->get(), 1));

    const Idleness of_old =
        rig::look_now({slot.listener.get(), Port::shared, old_worker.processes()});
    CHECK(of_old.idle());
    const Idleness of_new = rig::look_now({joined->get(), Port::shared, new_worker.processes()});
    CHECK(of_new.connections == 1);
    CHECK(of_new.queued == 1);
}

TEST_CASE("each connection on its way to a listener is a reference to it, until it is accepted") {
    for (const char* host : {"127.0.0.1", "::1"}) {
        const rig::Slot slot = rig::open_slot(host);
        const int listener = slot.listener.get();
        const auto are = [listener](std::uint32_t count) {
            return rig::eventually([&] {
                const auto references = references_of(listener);
                REQUIRE(references);
                return *references == count;
            });
        };
        CHECK(are(1));
        const UniqueFd second_descriptor(::dup(listener));
        CHECK(are(1));
        const UniqueFd first = rig::connect_to(slot.address);
        const UniqueFd second = rig::connect_to(slot.address);
        CHECK(are(3));
        const UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        CHECK(are(2));
        const UniqueFd also_accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        CHECK(are(1));
    }
}

TEST_CASE("a half-open connection is a reference, and seen on a shared port") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    REQUIRE(rig::is_ready(worker, slot.listener.get()));
    const Watched watched{slot.listener.get(), Port::shared, worker.processes()};
    const UniqueFd client = rig::connect_half(slot.address);
    CHECK(*references_of(slot.listener.get()) == 2);
    REQUIRE(hide(slot.address, slot.listener.get()));
    CHECK(rig::look_now(watched).half_open == 1);

    let_answers_through(client.get()); // the kernel repeats its SYN-ACK after a second
    CHECK(rig::eventually([&] { return rig::look_now(watched).connections == 1; }));
    CHECK(*references_of(slot.listener.get()) == 1);
    CHECK(rig::look_now(watched).half_open == 0);
}

TEST_CASE("the table of all connections is not walked for a worker that holds none") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    REQUIRE(rig::is_ready(worker, slot.listener.get()));
    auto diag = SocketDiag::open();
    const SocketDiag elsewhere = std::move(*diag); // what is left of it cannot ask the kernel
    const Watched watched{slot.listener.get(), Port::shared, worker.processes()};
    const auto seen = look(watched, *diag); // NOLINT(bugprone-use-after-move)
    REQUIRE(seen);
    CHECK(seen->idle());
    const UniqueFd client = rig::connect_to(slot.address);
    REQUIRE(rig::ask(client.get()) == 'a');
    // As long as it runs after its answer it is not idle, whatever the table would say.
    CHECK(rig::eventually([&] { return !look(watched, *diag); }));
}

TEST_CASE("on a shared port a thread that runs may be taking a connection") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), spin);
    const Watched shared{slot.listener.get(), Port::shared, worker.processes()};
    CHECK(rig::look_now(shared).unsettled == 1);
    CHECK_FALSE(rig::look_now(shared).idle());
    const Watched alone{slot.listener.get(), Port::ours_alone, worker.processes()};
    CHECK(rig::look_now(alone).idle());
}

TEST_CASE("on a shared port a process list that changes during the look proves nothing") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    REQUIRE(rig::is_ready(worker, slot.listener.get()));
    int calls = 0;
    const Watched forking{slot.listener.get(), Port::shared,
                          [&]() -> recycler::Result<std::vector<pid_t>> {
                              return ++calls == 1 ? std::vector<pid_t>{worker.pid()}
                                                  : std::vector<pid_t>{worker.pid(), 1};
                          }};
    CHECK(rig::look_now(forking).unsettled == 1);
}

TEST_CASE("a look is cheap") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] {
        for (int i = 0; i < 20; ++i) {
            (void)::accept(0, nullptr, nullptr);
        }
        rig::serve('a');
    });
    std::vector<UniqueFd> clients;
    clients.reserve(20);
    for (int i = 0; i < 20; ++i) {
        clients.push_back(rig::connect_to(slot.address));
    }
    const pid_t pid = worker.pid();
    auto diag = SocketDiag::open();
    for (const Port port : {Port::ours_alone, Port::shared}) {
        const Watched watched{slot.listener.get(), port,
                              [pid] { return recycler::Result(std::vector<pid_t>{pid}); }};
        REQUIRE(rig::eventually([&] { return rig::look_now(watched).connections == 20; }));
        std::vector<std::chrono::nanoseconds> times;
        for (int i = 0; i < 101; ++i) {
            const auto before = std::chrono::steady_clock::now();
            if (rig::is_known(look(watched, *diag))) {
                times.emplace_back(std::chrono::steady_clock::now() - before);
            }
        }
        REQUIRE_FALSE(times.empty());
        // The best, because what other processes do at the same time is no fault of the look.
        const auto best = *std::min_element(times.begin(), times.end());
        MESSAGE(std::string(port == Port::shared ? "shared" : "alone"), ": ", best.count() / 1000,
                " us");
        CHECK(best < 10ms);
    }
}
