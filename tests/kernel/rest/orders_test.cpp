// SPDX-License-Identifier: MIT
// What an order of the page does to connections of which something is still to come.
#include "tests/kernel/rest/slot.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::testing;

TEST_CASE("a connection with the rest of its request to come keeps no other from being handed on") {
    const WorkerCommand command = php_worker(); // which leaves the record unread
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient late = slot.connect(); // has the lowest number
    const std::string request = encode(kept(command));
    REQUIRE(late.send_bytes(request.substr(0, request.size() - 8)));
    REQUIRE(late.receive());
    std::vector<FastCgiClient> others;
    for (int i = 0; i < 2; ++i) {
        others.push_back(slot.connect());
        ask(others.back(), command, std::to_string(i));
    }
    REQUIRE(worker.becomes_resting(3));
    worker.hand_on();
    REQUIRE(worker.becomes_resting(1));
    CHECK(worker.read().handed_on == 2);
    // Nor does it stay when its client has gone.
    worker.page().park();
    worker.wake();
    REQUIRE(worker.becomes_parked());
    late.close();
    CHECK(worker.becomes_resting(0));
    CHECK(slot.empty_channel() == 2);
}

TEST_CASE("what is asked on a resting connection before it is to end is answered") {
    for (const Family family : {Family::tcp, Family::local}) {
        CAPTURE(family);
        const WorkerCommand command = c_worker();
        const Slot slot{family};
        RestingWorker worker{slot, command};
        FastCgiClient asking = slot.connect();
        ask(asking, command, "first");
        FastCgiClient silent = slot.connect();
        ask(silent, command, "first");
        REQUIRE(worker.becomes_resting(2));
        FastCgiClient busy = slot.connect();
        REQUIRE(busy.send(kept(command, "sleep=100")));
        REQUIRE(worker.eventually(
            [](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
        REQUIRE(asking.send(kept(command, "nonce=second")));
        worker.end_kept();
        REQUIRE(busy.receive());
        const auto answer = asking.receive();
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
        CHECK(answer->word("nonce") == "second");
        CHECK(ends(asking));
        CHECK(ends(silent));
        CHECK(worker.becomes_resting(0));
    }
}

TEST_CASE("what is asked of a parked worker is answered if nobody takes it") {
    for (const WorkerCommand& command : {c_worker(), perl_worker(), php_worker()}) {
        for (const Family family : {Family::tcp, Family::local}) {
            CAPTURE(command.name);
            CAPTURE(family);
            const Slot slot{family};
            RestingWorker worker{slot, command};
            FastCgiClient asking = slot.connect();
            ask(asking, command, "first");
            FastCgiClient silent = slot.connect();
            ask(silent, command, "first");
            REQUIRE(worker.becomes_resting(2));
            worker.page().park();
            worker.wake();
            REQUIRE(worker.becomes_parked());
            REQUIRE(asking.send(kept(command, "nonce=second")));
            const FastCgiClient queued = slot.connect();
            worker.end_kept();
            const auto answer = asking.receive();
            REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
            CHECK(answer->word("nonce") == "second");
            CHECK(ends(asking));
            CHECK(ends(silent));
            CHECK(worker.becomes_resting(0));
            CHECK(worker.becomes_parked());
            CHECK(worker.read().accepted == 2); // what waits in the queue is left there
        }
    }
}

TEST_CASE("what a client could send on a unix socket is answered, whenever its connection ends") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::local};
    RestingWorker worker{slot, command};
    int sent = 0;
    for (int round = 0; round < 300; ++round) {
        CAPTURE(round);
        worker.page().end_kept_no_more();
        FastCgiClient client = slot.connect();
        ask(client, command, "first");
        REQUIRE(worker.becomes_resting(1));
        worker.end_kept();
        if (client.send(kept(command, "nonce=" + std::to_string(round)))) {
            ++sent;
            const auto answer = client.receive();
            REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
        }
        REQUIRE(worker.becomes_resting(0));
    }
    MESSAGE("sent ", sent, " of 300");
}

TEST_CASE("a number that a waiting thread has not closed yet keeps no connection open") {
    const WorkerCommand command = turn_taking_worker();
    for (const bool handed_on : {false, true}) {
        CAPTURE(handed_on);
        const Slot slot{Family::tcp};
        RestingWorker worker{slot, command};
        FastCgiClient client = slot.connect();
        for (int i = 0; i < 3; ++i) {
            ask(client, command, std::to_string(i));
            REQUIRE(worker.becomes_resting(1));
        }
        if (handed_on) {
            worker.hand_on();
        } else {
            worker.end_kept();
        }
        REQUIRE(worker.becomes_resting(0));
        CHECK(slot.empty_channel() == (handed_on ? 1 : 0)); // nobody has it from now on
        CHECK(ends(client));
    }
}

TEST_CASE("a worker that leaves of its own accord sends nothing where nobody takes it") {
    WorkerCommand command = c_worker();
    command.argv.insert(command.argv.end(), {"--leaves-after", "2"});
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient resting = slot.connect();
    ask(resting, command, "first");
    REQUIRE(worker.becomes_resting(1));
    FastCgiClient busy = slot.connect();
    REQUIRE(busy.send(kept(command, "sleep=100")));
    REQUIRE(
        worker.eventually([](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
    worker.end_kept();
    REQUIRE(busy.receive());
    CHECK(worker.wait() == 0);
    CHECK(slot.empty_channel() == 0);
    CHECK(ends(resting));
}
