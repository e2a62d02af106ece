// SPDX-License-Identifier: MIT
// What rests in one worker goes on in another one.
#include "tests/kernel/rest/slot.hpp"

#include <array>
#include <doctest/doctest.h>
#include <sys/socket.h>

using namespace recycler;
using namespace recycler::testing;

TEST_CASE("what rests is handed on, and its clients are served by the one that takes it") {
    for (const WorkerCommand& command : {c_worker(), threaded_worker(), turn_taking_worker(),
                                         perl_worker(), ruby_worker(), php_worker()}) {
        for (const Family family : {Family::tcp, Family::local}) {
            CAPTURE(command.name);
            CAPTURE(family);
            const Slot slot{family};
            RestingWorker old{slot, command};
            std::vector<FastCgiClient> clients;
            for (int i = 0; i < 8; ++i) {
                clients.push_back(slot.connect());
                ask(clients.back(), command, "o" + std::to_string(i));
            }
            REQUIRE(old.becomes_resting(8));
            old.hand_on();
            REQUIRE(old.becomes_resting(0));
            CHECK(old.read().handed_on == 8);
            old.kill_all();
            const RestingWorker successor{slot, command};
            for (int i = 0; i < 16; ++i) {
                ask(clients[static_cast<std::size_t>(i % 8)], command, "s" + std::to_string(i));
            }
            REQUIRE(successor.becomes_resting(8));
            CHECK(successor.read().taken == 8);
            CHECK(successor.read().misfits == 0);
            CHECK(successor.read().accepted == 0);
            CHECK(successor.read().served == 16);
        }
    }
}

TEST_CASE("a parked worker hands on what is asked, and answers none of it") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::local};
    RestingWorker old{slot, command};
    FastCgiClient client = slot.connect();
    ask(client, command, "first");
    REQUIRE(old.becomes_resting(1));
    old.page().park();
    old.wake();
    REQUIRE(old.becomes_parked());
    REQUIRE(client.send(kept(command, "nonce=second")));
    CHECK(old.activity().resting == 1);
    old.hand_on();
    REQUIRE(old.becomes_resting(0));
    CHECK(old.read().served == 1);
    const RestingWorker successor{slot, command};
    const auto answer = client.receive();
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
    CHECK(answer->word("nonce") == "second");
}

TEST_CASE("a connection that is busy when all are handed on follows with its answer") {
    const WorkerCommand command = threaded_worker();
    const Slot slot{Family::tcp};
    RestingWorker old{slot, command};
    FastCgiClient busy = slot.connect();
    REQUIRE(busy.send(kept(command, "sleep=100")));
    REQUIRE(
        old.eventually([](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
    old.hand_on();
    REQUIRE(busy.receive());
    REQUIRE(old.becomes_resting(0));
    CHECK(old.read().handed_on == 1);
    CHECK(slot.empty_channel() == 1);
}

TEST_CASE("a channel that is full leaves connections at rest, and they follow when it has room") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    RestingWorker old{slot, command};
    std::vector<FastCgiClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(slot.connect());
        ask(clients.back(), command, std::to_string(i));
    }
    REQUIRE(old.becomes_resting(3));
    // It takes nothing from the channel while it is busy.
    REQUIRE(clients[0].send(kept(command, "sleep=200")));
    REQUIRE(
        old.eventually([](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
    const char byte = 'x';
    std::size_t filled = 0;
    while (send(slot.out.get(), &byte, 1, MSG_DONTWAIT) == 1) {
        ++filled;
    }
    old.hand_on();
    REQUIRE(clients[0].receive());
    REQUIRE(old.eventually([](const RecordedWorker& one) {
        return one.read().processes.front().hand_on_failed == EAGAIN;
    }));
    CHECK(old.becomes_resting(3));
    ask(clients[0], command, "still-here");
    old.page().park();
    old.wake();
    const std::size_t first = slot.empty_channel(); // the worker may be faster
    REQUIRE(old.becomes_resting(0));
    CHECK(first + slot.empty_channel() == filled + 3);
    CHECK(old.read().handed_on == 3);
}

TEST_CASE("what rests ends where nobody takes it") {
    const WorkerCommand command = threaded_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    ask(client, command, "first");
    REQUIRE(worker.becomes_resting(1));
    worker.end_kept();
    CHECK(ends(client));
    CHECK(worker.becomes_resting(0));
    FastCgiClient later = slot.connect();
    ask(later, command, "l");
    CHECK(ends(later));
}

TEST_CASE("nothing is sent into what the worker has put in the channel's place") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    REQUIRE(client.send(kept(command, "close=" + std::to_string(slot.out.get()))));
    REQUIRE(client.receive());
    worker.hand_on();
    CHECK(worker.eventually([](const RecordedWorker& one) {
        return one.read().processes.front().hand_on_failed == EBADF;
    }));
    ask(client, command, "goes-on");
    CHECK(slot.empty_channel() == 0);
}

TEST_CASE("a thousand handovers between two workers lose nothing") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::local};
    RestingWorker a{slot, command};
    std::vector<FastCgiClient> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(slot.connect());
        ask(clients.back(), command, "f" + std::to_string(i));
    }
    // After that: of two workers that wait at one listener, one can come too late for a connection,
    // and then it waits in accept() for the next one. A slot never has two of them.
    RestingWorker b{slot, command};
    std::array<RestingWorker*, 2> workers{&a, &b};
    for (std::size_t round = 0; round < 500; ++round) {
        RestingWorker& from = *workers[round % 2];
        RestingWorker& to = *workers[(round + 1) % 2];
        to.page().hand_on_no_more();
        to.wake();
        from.hand_on();
        for (std::size_t i = 0; i < clients.size(); ++i) {
            ask(clients[i], command, std::to_string(round) + "-" + std::to_string(i));
        }
    }
    CHECK(a.becomes_idle()); // a client has its answer before the page has
    CHECK(b.becomes_idle());
    CHECK(a.read().served + b.read().served == 2004);
    CHECK(a.read().misfits + b.read().misfits == 0);
    MESSAGE("handed on ", a.read().handed_on + b.read().handed_on, " connections");
}
