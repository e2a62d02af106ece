// SPDX-License-Identifier: MIT
// Kept connections rest in the worker between their requests, whatever the worker is written in.
#include "tests/kernel/rest/slot.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

std::vector<WorkerCommand> commands() {
    return {c_worker(),    threaded_worker(), turn_taking_worker(),
            perl_worker(), ruby_worker(),     php_worker()};
}

} // namespace

TEST_CASE("kept connections rest between requests and come back with the next one") {
    for (const WorkerCommand& command : commands()) {
        for (const Family family : {Family::tcp, Family::local}) {
            CAPTURE(command.name);
            CAPTURE(family);
            const Slot slot{family};
            const RestingWorker worker{slot, command};
            std::vector<FastCgiClient> clients;
            clients.reserve(8);
            for (int i = 0; i < 8; ++i) {
                clients.push_back(slot.connect());
            }
            for (std::size_t i = 0; i < 80; ++i) {
                ask(clients[i % 8], command, std::to_string(i), i % 3 * 700);
            }
            CHECK(worker.becomes_resting(8));
            const request::PageReading reading = worker.read();
            CHECK(reading.accepted == 8);
            CHECK(reading.came_back == 72);
            CHECK(reading.served == 80);
            CHECK(reading.exact);
            CHECK_FALSE(reading.ended_behind);
            for (const FastCgiClient& client : clients) {
                CHECK(is_open(client));
            }
        }
    }
}

TEST_CASE("a client that closes its resting connection leaves nothing behind") {
    for (const WorkerCommand& command : commands()) {
        CAPTURE(command.name);
        const Slot slot{Family::tcp};
        const RestingWorker worker{slot, command};
        for (int round = 0; round < 3; ++round) {
            std::vector<FastCgiClient> clients;
            for (int i = 0; i < 5; ++i) {
                clients.push_back(slot.connect());
                ask(clients.back(), command, std::to_string(i));
            }
            REQUIRE(worker.becomes_resting(5));
            clients.clear();
            REQUIRE(worker.becomes_resting(0));
        }
        CHECK(worker.read().came_back == 0);
        FastCgiClient client = slot.connect();
        ask(client, command, "still");
    }
}

TEST_CASE("clients that keep nothing are served as without") {
    for (const WorkerCommand& command : commands()) {
        CAPTURE(command.name);
        const Slot slot{Family::tcp};
        const RestingWorker worker{slot, command};
        FastCgiClient keeping = slot.connect();
        for (int i = 0; i < 20; ++i) {
            ask(keeping, command, "k" + std::to_string(i));
            FastCgiRequest request = kept(command);
            request.after = AfterAnswer::close;
            const auto answer = ask_and_check(slot.listener.port, request);
            REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
        }
        CHECK(worker.becomes_resting(1));
        CHECK(worker.read().accepted == 21);
    }
}

TEST_CASE("the empty record that ends a request's input may come after the answer") {
    {
        const WorkerCommand command = php_worker(); // which leaves the record unread
        const Slot slot{Family::local};
        const RestingWorker worker{slot, command};
        FastCgiClient client = slot.connect();
        for (int i = 0; i < 20; ++i) {
            const std::string request = encode(kept(command, "nonce=" + std::to_string(i)));
            const std::string early = request.substr(0, request.size() - 8);
            REQUIRE(client.send_bytes(early));
            const auto answer = client.receive();
            REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
            CHECK(answer->word("nonce") == std::to_string(i));
            REQUIRE(worker.becomes_resting(1));
            REQUIRE(client.send_bytes(request.substr(request.size() - 8)));
        }
        ask(client, command, "last");
        CHECK(worker.becomes_resting(1));
        CHECK(worker.read().served == 21);
    }
}

TEST_CASE("requests that come before the answer of the one before are answered") {
    for (const WorkerCommand& command : {c_worker(), threaded_worker(), perl_worker()}) {
        CAPTURE(command.name);
        const Slot slot{Family::local};
        const RestingWorker worker{slot, command};
        FastCgiClient client = slot.connect();
        for (std::uint64_t round = 0; round < 10; ++round) {
            REQUIRE(client.send_bytes(encode(kept(command, "nonce=a&sleep=20"))));
            REQUIRE(worker.eventually(
                [=](const RecordedWorker& one) { return one.read().begun == 2 * round + 1; }));
            REQUIRE(client.send_bytes(encode(kept(command, "nonce=b"))));
            for (const char* nonce : {"a", "b"}) {
                const auto answer = client.receive();
                REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
                CHECK(answer->word("nonce") == nonce);
            }
            // libfcgi loses what it reads of a request behind the present one.
            REQUIRE(worker.becomes_resting(1));
        }
    }
}

TEST_CASE("neither new connections nor resting ones starve") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::local};
    const RestingWorker worker{slot, command};
    FastCgiClient resting = slot.connect();
    ask(resting, command, "first");
    // All are there before the worker looks again.
    FastCgiClient slow = slot.connect();
    REQUIRE(slow.send(kept(command, "sleep=200")));
    REQUIRE(
        worker.eventually([](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
    std::vector<FastCgiClient> fresh;
    for (int i = 0; i < 20; ++i) {
        fresh.push_back(slot.connect());
        REQUIRE(fresh.back().send(kept(command, "sleep=20")));
    }
    REQUIRE(resting.send(kept(command, "sleep=20")));
    REQUIRE(resting.receive());
    CHECK(worker.read().served < 8); // of 23
    for (FastCgiClient& client : fresh) {
        REQUIRE(client.receive());
    }
}

TEST_CASE("more connections than may rest end with their answers, and are served") {
    WorkerCommand command = c_worker();
    command.argv.insert(command.argv.begin(), {"sh", "-c", "ulimit -n 64; exec \"$0\""});
    const Slot slot{Family::tcp};
    const RestingWorker worker{slot, command};
    std::vector<FastCgiClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(slot.connect());
        ask(clients.back(), command, std::to_string(i));
        CHECK(is_open(clients.back()) == (i < 16));
    }
    CHECK(worker.becomes_resting(16));
}

TEST_CASE("without the word everything is as before") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    ask(client, command, "rests");
    REQUIRE(worker.becomes_resting(1));
    worker.page().forbid_rest();
    CHECK(is_open(client));
    ask(client, command, "last");
    CHECK(ends(client));
    FastCgiClient later = slot.connect();
    ask(later, command, "ends");
    CHECK(ends(later));
    worker.page().allow_rest();
    FastCgiClient last = slot.connect();
    ask(last, command, "ends"); // the thread may have been waiting in accept() itself
    FastCgiClient again = slot.connect();
    ask(again, command, "rests");
    CHECK(worker.eventually([](const RecordedWorker& one) { return one.activity().resting > 0; }));
}

TEST_CASE("an event loop is left alone") {
    const WorkerCommand command = node_worker();
    const Slot slot{Family::tcp};
    const RestingWorker worker{slot, command};
    for (int i = 0; i < 5; ++i) {
        FastCgiClient client = slot.connect();
        ask(client, command, std::to_string(i));
    }
    CHECK(worker.activity().resting == 0);
    CHECK(worker.read().came_back == 0);
}
