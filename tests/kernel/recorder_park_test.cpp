// SPDX-License-Identifier: MIT
// Park: a worker is held before its next accept(), and its queue reaches the next one.
#include "tests/kernel/recorded_worker.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace recycler;
using namespace recycler::testing;

namespace {

FastCgiRequest query_to(const WorkerCommand& command, const std::string& query) {
    FastCgiRequest request;
    request.query = query;
    request.params = command.params;
    return request;
}

// Connections that were opened, and asked on, while nobody accepts.
std::vector<FastCgiClient> queue_requests(const WorkerCommand& command, std::uint16_t port) {
    std::vector<FastCgiClient> clients;
    for (const char* nonce : {"a", "b", "c"}) {
        auto client = FastCgiClient::connect_tcp(port);
        REQUIRE(client);
        REQUIRE(client->send(query_to(command, std::string{"nonce="} + nonce)));
        clients.push_back(*std::move(client));
    }
    return clients;
}

void check_answers(std::vector<FastCgiClient>& clients) {
    std::string nonces;
    for (FastCgiClient& client : clients) {
        const auto answer = client.receive();
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
        nonces += answer->word("nonce");
        client.close(); // libfcgi waits for it
    }
    CHECK(nonces == "abc");
}

struct Kind {
    WorkerCommand command;
    std::uint32_t accepting; // threads, when it is idle
    std::uint32_t processes;
};

// Whoever is inside accept() already takes one more connection.
void park(RecordedWorker& worker, const Kind& kind, std::uint16_t port) {
    REQUIRE(worker.becomes_ready(kind.accepting));
    worker.page().park();
    for (std::uint32_t i = 0; i < kind.accepting; ++i) {
        const auto answer = ask_and_check(port, query_to(kind.command, ""));
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
    }
    REQUIRE(worker.becomes_parked(kind.processes));
}

std::vector<Kind> kinds() {
    return {{c_worker(), 1, 1},
            {threaded_worker(), 4, 1},
            {turn_taking_worker(), 1, 1},
            {perl_worker(), 1, 1},
            {ruby_worker(), 1, 1},
            {php_worker(), 1, 1},
            {php_worker_with_children(), 3, 3}};
}

// Of a threaded worker: one of its threads, and not the one that the process ends with.
pid_t other_thread_of(pid_t pid) {
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
        const pid_t thread = std::stoi(task.path().filename());
        if (thread != pid) {
            return thread;
        }
    }
    return -1;
}

} // namespace

TEST_CASE("every kind of worker parks, and its queue is served by the next one") {
    for (const Kind& kind : kinds()) {
        const WorkerCommand& command = kind.command;
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        RecordedWorker old{listener, command};
        park(old, kind, listener.port);
        auto clients = queue_requests(command, listener.port);
        CHECK(old.becomes_parked(kind.processes));
        old.kill_all();
        CHECK(old.read().accepted == kind.accepting);

        const RecordedWorker next{listener, command};
        check_answers(clients);
        CHECK(next.becomes_idle());
        CHECK(next.read().served == 3);
    }
}

TEST_CASE("every kind of worker goes on when the park is lifted") {
    for (const Kind& kind : kinds()) {
        const WorkerCommand& command = kind.command;
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        RecordedWorker worker{listener, command};
        park(worker, kind, listener.port);
        auto clients = queue_requests(command, listener.port);
        worker.page().release();
        check_answers(clients);
        CHECK(worker.becomes_idle());
        CHECK(worker.eventually([](const auto& one) { return one.activity().parked == 0; }));
        CHECK(worker.read().served == kind.accepting + 3);
    }
}

TEST_CASE("a worker that is started parked is held before its first accept") {
    const Listener listener = Listener::open();
    auto page = recorder::PageFile::create();
    REQUIRE(page);
    page->park();
    RecordedWorker worker{listener, c_worker(), *std::move(page)};
    auto clients = queue_requests(c_worker(), listener.port);
    CHECK(worker.becomes_parked());
    CHECK(worker.read().came_to_accept);
    CHECK(worker.read().accepted == 0);
    worker.page().release();
    check_answers(clients);
}

TEST_CASE("the stop signal of a parked worker reaches its own shutdown") {
    for (const WorkerCommand& command : {c_worker(), perl_worker(), php_worker(), ruby_worker()}) {
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        RecordedWorker worker{listener, command};
        park(worker, {command, 1, 1}, listener.port);
        auto clients = queue_requests(command, listener.port);
        worker.signal(SIGTERM);
        const int status = worker.wait();
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        CHECK(worker.read().accepted == 1);
        const RecordedWorker next{listener, command};
        check_answers(clients);
    }
}

TEST_CASE("a stopped and continued worker stays parked") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, c_worker()};
    park(worker, {c_worker(), 1, 1}, listener.port);
    worker.signal(SIGSTOP);
    int status = 0;
    REQUIRE(waitpid(worker.pid(), &status, WUNTRACED) == worker.pid());
    CHECK(WIFSTOPPED(status));
    CHECK(worker.activity().parked == 1);
    worker.signal(SIGCONT);
    REQUIRE(waitpid(worker.pid(), &status, WCONTINUED) == worker.pid());
    auto clients = queue_requests(c_worker(), listener.port);
    CHECK(worker.becomes_parked());
    worker.page().release();
    check_answers(clients);
}

// A signal interrupts one thread, and none that is about to be held.
TEST_CASE("a parked worker sees that it was told to end whichever thread got the signal") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, threaded_worker()};
    park(worker, {threaded_worker(), 4, 1}, listener.port);
    auto clients = queue_requests(threaded_worker(), listener.port);
    const pid_t thread = other_thread_of(worker.pid());
    REQUIRE(syscall(SYS_tgkill, worker.pid(), thread, SIGTERM) == 0);
    worker.page().end();
    const int status = worker.wait();
    CHECK(WIFEXITED(status));
    CHECK(worker.read().accepted == 4);

    const RecordedWorker next{listener, c_worker()};
    check_answers(clients);
}

// Its handler runs with the next turn of its loop, so accept() must let the loop turn.
TEST_CASE("an event loop that is parked and told to end does so by its own handler") {
    const WorkerCommand command = node_worker();
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, command};
    REQUIRE(ask_and_check(listener.port, query_to(command, ""))); // it has its handler by now
    CHECK(worker.becomes_idle());
    worker.page().park();
    auto clients = queue_requests(command, listener.port);
    CHECK(worker.becomes_parked());
    worker.signal(SIGTERM);
    worker.page().end();
    const int status = worker.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(worker.read().accepted == 1);

    const RecordedWorker next{listener, c_worker()};
    check_answers(clients);
}

TEST_CASE("threads are not parked while one of them serves") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, turn_taking_worker()};
    auto busy = FastCgiClient::connect_tcp(listener.port);
    REQUIRE(busy);
    REQUIRE(busy->send(query_to(turn_taking_worker(), "sleep=500")));
    REQUIRE(worker.eventually([](const RecordedWorker& one) {
        const request::Activity now = one.activity();
        return now.in_flight == 1 && now.accepting == 1;
    }));
    worker.page().park();
    REQUIRE(ask_and_check(listener.port, query_to(turn_taking_worker(), "")));
    REQUIRE(worker.eventually([](const RecordedWorker& one) {
        const request::Process process = one.read().processes.front();
        return process.parked == 1 && process.open == 1;
    }));
    CHECK(worker.activity().parked == 0);
    CHECK(busy->receive());
    busy->close();
    CHECK(worker.becomes_parked());
}

TEST_CASE("an event loop finishes its open connections before it is parked") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, loop_worker()};
    auto busy = FastCgiClient::connect_tcp(listener.port);
    REQUIRE(busy);
    REQUIRE(busy->send(query_to(loop_worker(), "sleep=300")));
    REQUIRE(worker.eventually([](const auto& one) { return one.activity().in_flight == 1; }));
    worker.page().park();
    auto clients = queue_requests(loop_worker(), listener.port);
    CHECK(busy->receive());
    CHECK(worker.becomes_parked());
    CHECK(worker.read().accepted == 1);

    const RecordedWorker next{listener, loop_worker()};
    worker.kill_all();
    check_answers(clients);
}
