// SPDX-License-Identifier: MIT
// Connections that clients ask to keep: when a worker's end comes with an answer, and when not.
#include "tests/kernel/recorded_worker.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

FastCgiRequest kept_request(const WorkerCommand& command) {
    FastCgiRequest request;
    request.path = "/app";
    request.params = command.params;
    request.after = AfterAnswer::keep;
    return request;
}

FastCgiClient connected(std::uint16_t port) {
    auto client = FastCgiClient::connect_tcp(port);
    REQUIRE(client);
    return *std::move(client);
}

void ask(FastCgiClient& client, const FastCgiRequest& request, const std::string& nonce) {
    const auto answer = ask_and_check(client, request, nonce);
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
}

enum class Wait : std::uint8_t { none, patient };

// Whether the worker has ended the connection: without waiting, or within 10 s.
bool has_ended(const FastCgiClient& client, Wait wait) {
    pollfd end{.fd = client.fd(), .events = POLLIN | POLLRDHUP, .revents = 0};
    char byte = 0;
    return ::poll(&end, 1, wait == Wait::none ? 0 : 10'000) == 1 &&
           ::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool waiting_threads(const RecordedWorker& worker, std::uint32_t threads) {
    return worker.eventually(
        [=](const RecordedWorker& one) { return one.activity().accepting == threads; });
}

} // namespace

TEST_CASE("a worker with one thread sits on no kept connection: the next client is served") {
    for (const WorkerCommand& command :
         {c_worker(), perl_worker(), ruby_worker(), php_worker(), php_worker_with_children()}) {
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        const RecordedWorker worker{listener, command};
        // None of them closes its end: the worker waits for nobody.
        std::vector<FastCgiClient> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(connected(listener.port));
            ask(clients.back(), kept_request(command), "k" + std::to_string(i));
            CHECK(has_ended(clients.back(), Wait::patient));
        }
        CHECK(worker.becomes_idle());
        CHECK(worker.read().served == 8);
    }
}

TEST_CASE("the end of a kept connection arrives together with the answer") {
    const WorkerCommand command = c_worker();
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    for (int i = 0; i < 300; ++i) {
        FastCgiClient client = connected(listener.port);
        FastCgiRequest request = kept_request(command);
        request.method = i % 3 == 0 ? "POST" : "GET";
        request.body = i % 3 == 0 ? std::string(static_cast<std::size_t>(i) * 100, 'b') : "";
        ask(client, request, std::to_string(i));
        REQUIRE(has_ended(client, Wait::none));
    }
}

TEST_CASE("a thread keeps its connection while two others wait for those that come") {
    const WorkerCommand command = threaded_worker();
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    REQUIRE(waiting_threads(worker, 4));
    std::vector<FastCgiClient> clients;
    for (std::uint32_t i = 0; i < 3; ++i) {
        clients.push_back(connected(listener.port));
        ask(clients.back(), kept_request(command), std::to_string(i));
        CHECK(has_ended(clients.back(), Wait::none) == (i == 2));
    }
    CHECK(waiting_threads(worker, 2));
    for (std::size_t i = 0; i < 2; ++i) {
        ask(clients[i], kept_request(command), "again" + std::to_string(i));
        CHECK_FALSE(has_ended(clients[i], Wait::none));
    }
}

TEST_CASE("threads that take turns in accept() do not wait for each other's kept connections") {
    const WorkerCommand command = turn_taking_worker();
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    std::vector<FastCgiClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(connected(listener.port));
        ask(clients.back(), kept_request(command), std::to_string(i));
    }
    CHECK(worker.read().accepted == 20);
}

TEST_CASE("a worker that lets go ends a kept connection with its next answer, a running one too") {
    const WorkerCommand command = threaded_worker();
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, command};
    REQUIRE(waiting_threads(worker, 4));
    FastCgiClient idle = connected(listener.port);
    FastCgiClient busy = connected(listener.port);
    ask(idle, kept_request(command), "i");
    ask(busy, kept_request(command), "b");
    FastCgiRequest slow = kept_request(command);
    slow.query = "sleep=200";
    REQUIRE(busy.send(slow));
    REQUIRE(
        worker.eventually([](const RecordedWorker& one) { return one.activity().in_flight == 1; }));

    worker.page().let_go();
    CHECK(busy.receive());
    CHECK(has_ended(busy, Wait::none));
    CHECK_FALSE(has_ended(idle, Wait::none));
    ask(idle, kept_request(command), "last");
    CHECK(has_ended(idle, Wait::none));
    CHECK(worker.becomes_ready(4));

    worker.page().keep();
    FastCgiClient later = connected(listener.port);
    ask(later, kept_request(command), "l");
    ask(later, kept_request(command), "m");
}

TEST_CASE("a parked worker lets go of what it keeps") {
    const WorkerCommand command = threaded_worker();
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, command};
    REQUIRE(waiting_threads(worker, 4));
    FastCgiClient client = connected(listener.port);
    ask(client, kept_request(command), "k");
    worker.page().park();
    ask(client, kept_request(command), "last");
    CHECK(has_ended(client, Wait::none));
}

TEST_CASE("a request that came in before the end of the one before is answered") {
    const WorkerCommand command = c_worker();
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    FastCgiClient client = connected(listener.port);
    FastCgiRequest first = kept_request(command);
    first.query = "nonce=first&sleep=50";
    FastCgiRequest second = kept_request(command);
    second.query = "nonce=second";
    REQUIRE(client.send_bytes(encode(first)));
    REQUIRE(
        worker.eventually([](const RecordedWorker& one) { return one.activity().in_flight == 1; }));
    REQUIRE(client.send_bytes(encode(second)));
    for (const char* nonce : {"first", "second"}) {
        const auto answer = client.receive();
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
        CHECK(answer->word("nonce") == nonce);
    }
    CHECK(has_ended(client, Wait::none));
}

// The end of a kept connection follows the answer in a call of its own there, and in between the
// client may ask on.
TEST_CASE("on a unix socket what a client could still send behind an answer is answered") {
    const std::string path = "/tmp/recycler-kept-" + std::to_string(getpid()) + ".sock";
    const Listener listener = Listener::open_unix(path);
    const WorkerCommand command = c_worker();
    const RecordedWorker worker{listener, command};
    std::uint64_t sent = 0;
    for (int connection = 0; connection < 3000; ++connection) {
        auto client = FastCgiClient::connect_unix(path);
        REQUIRE(client);
        for (int i = 0; client->send(kept_request(command)); ++i) {
            ++sent;
            const auto answer = client->receive();
            REQUIRE_MESSAGE(answer, "request ", i, " of connection ", connection, ": ",
                            (answer ? "" : answer.error().message()));
        }
    }
    CHECK(unlink(path.c_str()) == 0);
    CHECK(worker.becomes_idle());
    CHECK(worker.read().served == sent);
    MESSAGE("asked on ", sent, " times");
}
