// SPDX-License-Identifier: MIT
// Signals, children and exits of workers in which connections rest.
#include "recycler/request/page_layout.hpp"
#include "tests/kernel/rest/slot.hpp"

#include <csignal>
#include <cstddef>
#include <doctest/doctest.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

void claim_row(int page, std::size_t index) {
    const auto at = offsetof(request::Page, rows) + index * sizeof(request::Row);
    const std::uint64_t entered = 1;
    for (const std::size_t field :
         {offsetof(request::Row, accept_enter), offsetof(request::Row, accept_exit)}) {
        const auto place = static_cast<off_t>(at + field);
        REQUIRE(pwrite(page, &entered, sizeof entered, place) == sizeof entered);
    }
    const auto pid = static_cast<std::uint32_t>(getpid());
    REQUIRE(pwrite(page, &pid, sizeof pid, static_cast<off_t>(at)) == sizeof pid);
}

} // namespace

TEST_CASE("a worker that waits for resting connections ends by its signal as in accept()") {
    for (const WorkerCommand& command : {c_worker(), perl_worker(), ruby_worker(), php_worker()}) {
        CAPTURE(command.name);
        // What it does without any of this.
        const Slot plain{Family::tcp};
        RecordedWorker reference{plain.listener, command};
        REQUIRE(reference.becomes_ready());
        FastCgiClient first = plain.connect();
        ask(first, command, "f");
        first.close();
        REQUIRE(reference.becomes_ready());
        reference.signal(SIGTERM);
        const int expected = reference.wait();

        const Slot slot{Family::tcp};
        RestingWorker worker{slot, command};
        FastCgiClient client = slot.connect();
        ask(client, command, "c");
        REQUIRE(worker.becomes_resting(1));
        REQUIRE(worker.becomes_ready());
        worker.signal(SIGTERM);
        CHECK(worker.wait() == expected);
        // One that calls exit() has handed it on.
        CHECK((worker.read().handed_on == 1 || ends(client)));
    }
}

TEST_CASE("a worker that leaves of its own accord hands on what rests in it") {
    WorkerCommand command = php_worker();
    command.environment["PHP_FCGI_MAX_REQUESTS"] = "5";
    const Slot slot{Family::local};
    RestingWorker worker{slot, command};
    std::vector<FastCgiClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(slot.connect());
        ask(clients.back(), command, "o" + std::to_string(i));
    }
    CHECK(worker.wait() == 0);
    CHECK(worker.read().handed_on == 5);
    const RestingWorker successor{slot, command};
    for (std::size_t i = 0; i < 4; ++i) {
        ask(clients[i], command, "s" + std::to_string(i));
    }
}

TEST_CASE("children that a request leaves behind hold no resting connection") {
    for (const WorkerCommand& command : {c_worker(), threaded_worker()}) {
        CAPTURE(command.name);
        const Slot slot{Family::tcp};
        RestingWorker worker{slot, command};
        FastCgiClient resting = slot.connect();
        ask(resting, command, "r");
        REQUIRE(worker.becomes_resting(1));
        FastCgiClient forking = slot.connect();
        REQUIRE(forking.send(kept(command, "fork=2")));
        REQUIRE(forking.receive());
        REQUIRE(worker.becomes_resting(2));
        REQUIRE(::kill(worker.pid(), SIGKILL) == 0);
        CHECK(ends(resting)); // the children live
    }
}

TEST_CASE("programs that a request starts inherit neither channel nor connections") {
    const WorkerCommand command = php_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient resting = slot.connect();
    ask(resting, command, "r");
    REQUIRE(worker.becomes_resting(1));
    FastCgiClient spawning = slot.connect();
    REQUIRE(spawning.send(kept(command, "spawn=2")));
    REQUIRE(spawning.receive());
    REQUIRE(worker.becomes_resting(2));
}

TEST_CASE("where a second process appears, the first passes on what rests when it is busy") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient resting = slot.connect();
    ask(resting, command, "first");
    REQUIRE(worker.becomes_resting(1));
    REQUIRE(worker.becomes_ready());
    // The second process is this one: it lives, and takes no connection.
    claim_row(worker.page().fd(), 1);
    FastCgiClient silent = slot.connect(); // which holds the worker until it asks
    REQUIRE(worker.eventually([](const RecordedWorker& one) { return one.read().handed_on == 1; }));
    CHECK(is_open(resting));
    ask(silent, command, "served");
    ask(resting, command, "second"); // nobody else has taken it
    CHECK(worker.read().taken > 0);
}

TEST_CASE(
    "where a second process has no row, nothing rests any more when the first calls accept()") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient resting = slot.connect();
    ask(resting, command, "first");
    REQUIRE(worker.becomes_resting(1));
    REQUIRE(worker.becomes_ready());
    claim_row(worker.page().fd(), 1);
    const std::uint32_t rowless = 1;
    REQUIRE(pwrite(worker.page().fd(), &rowless, sizeof rowless,
                   offsetof(request::PageHeader, rowless)) == sizeof rowless);
    FastCgiClient silent = slot.connect();
    CHECK(ends(resting));
    ask(silent, command, "served");
}

TEST_CASE("a worker that goes on after many signals loses no resting connection") {
    const WorkerCommand command = perl_worker();
    const Slot slot{Family::local};
    RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    for (int i = 0; i < 50; ++i) {
        ask(client, command, std::to_string(i));
        worker.signal(SIGCHLD);
        worker.signal(SIGWINCH);
    }
    CHECK(worker.becomes_resting(1));
}
