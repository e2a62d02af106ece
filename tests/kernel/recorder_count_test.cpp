// SPDX-License-Identifier: MIT
// The recorder inside real workers: what it counts is what their client counted.
#include "tests/kernel/recorded_worker.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <string>
#include <sys/wait.h>
#include <thread>

using namespace recycler;
using namespace recycler::testing;

namespace {

FastCgiRequest request_to(const WorkerCommand& command, const std::string& query = "") {
    FastCgiRequest request;
    request.path = "/app";
    request.query = query;
    request.params = command.params;
    return request;
}

FastCgiRequest post_to(const WorkerCommand& command, std::size_t size) {
    FastCgiRequest request = request_to(command);
    request.method = "POST";
    request.body = std::string(size, 'b');
    return request;
}

struct Asked {
    std::uint64_t connections = 0;
    std::uint64_t answers = 0;
};

Asked ask_one_by_one(const WorkerCommand& command, std::uint16_t port, unsigned times) {
    for (std::size_t i = 0; i < times; ++i) {
        const auto answer =
            ask_and_check(port, i % 3 == 0 ? post_to(command, i * 1000) : request_to(command));
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
    }
    return {times, times};
}

// One request after another on the same connection.
Asked ask_on_one_connection(const WorkerCommand& command, std::uint16_t port, unsigned times) {
    auto client = FastCgiClient::connect_tcp(port);
    REQUIRE(client);
    for (std::size_t i = 0; i < times; ++i) {
        FastCgiRequest request = i % 3 == 0 ? post_to(command, i * 1000) : request_to(command);
        request.after = AfterAnswer::keep;
        const auto answer = ask_and_check(*client, request, "k" + std::to_string(i));
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
    }
    return {1, times};
}

void check_counts(const RecordedWorker& worker, const Asked& asked) {
    CHECK(worker.becomes_idle());
    const request::PageReading reading = worker.read();
    CHECK(reading.served == asked.answers);
    CHECK(reading.begun == asked.answers);
    CHECK(reading.accepted == asked.connections);
    CHECK(reading.exact);
    CHECK(reading.came_to_accept);
}

} // namespace

TEST_CASE("every kind of worker is counted exactly, one request per connection") {
    for (const WorkerCommand& command :
         {c_worker(), threaded_worker(), perl_worker(), ruby_worker(), php_worker(),
          php_worker_with_children(), loop_worker(), node_worker()}) {
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        const RecordedWorker worker{listener, command};
        check_counts(worker, ask_one_by_one(command, listener.port, 30));
    }
}

TEST_CASE("requests on a connection that is kept are counted one by one") {
    const WorkerCommand command = threaded_worker();
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    REQUIRE(
        worker.eventually([](const RecordedWorker& one) { return one.activity().accepting == 4; }));
    const Asked kept = ask_on_one_connection(command, listener.port, 25);
    const Asked single = ask_one_by_one(command, listener.port, 10);
    check_counts(worker, {kept.connections + single.connections, kept.answers + single.answers});
}

TEST_CASE("threads and children that serve at the same time lose no count") {
    for (const WorkerCommand& command :
         {threaded_worker(), turn_taking_worker(), php_worker_with_children()}) {
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        const RecordedWorker worker{listener, command};
        std::atomic<unsigned> failed{0};
        std::vector<std::jthread> clients;
        for (unsigned client = 0; client < 4; ++client) {
            clients.emplace_back([&] {
                for (unsigned i = 0; i < 100; ++i) {
                    failed += ask_and_check(listener.port, request_to(command)) ? 0 : 1;
                }
            });
        }
        clients.clear();
        CHECK(failed == 0);
        check_counts(worker, {400, 400});
    }
}

TEST_CASE("wrappers that exec or fork the worker leave it recorded") {
    const std::string app = c_worker().argv[0];
    const std::vector<std::vector<std::string>> wrappers{
        {"env", "SHOP=1", app},
        {"sh", "-c", "exec " + app},
        {"sh", "-c", app + "; exit $?"},
        {"sh", "-c", "env sh -c 'true; exec " + app + "'"},
    };
    for (const auto& argv : wrappers) {
        const WorkerCommand command{
            .name = argv.back(), .argv = argv, .environment = {}, .params = {}};
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        const RecordedWorker worker{listener, command};
        check_counts(worker, ask_one_by_one(command, listener.port, 5));
    }
}

TEST_CASE("programs that a worker runs do not disturb its row") {
    for (const WorkerCommand& command : {c_worker(), perl_worker(), ruby_worker(), php_worker()}) {
        CAPTURE(command.name);
        const Listener listener = Listener::open();
        const RecordedWorker worker{listener, command};
        for (unsigned i = 0; i < 5; ++i) {
            CHECK(ask_and_check(listener.port, request_to(command, "spawn=3")));
        }
        check_counts(worker, {5, 5});
        CHECK(worker.read().processes.size() == 1);
    }
}

TEST_CASE("the rows of children that are gone are used again and their sums go on") {
    WorkerCommand command = php_worker();
    command.environment = {{"PHP_FCGI_CHILDREN", "2"}, {"PHP_FCGI_MAX_REQUESTS", "1"}};
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    check_counts(worker, ask_one_by_one(command, listener.port, 200));
    CHECK(worker.read().processes.size() == 127);
}

TEST_CASE("the request in flight can be read after the worker was killed") {
    const std::string cuts[] = {"sleep=60000", "crash=segv", "exit=3"};
    for (const std::string& cut : cuts) {
        CAPTURE(cut);
        const Listener listener = Listener::open();
        RecordedWorker worker{listener, c_worker()};
        REQUIRE(ask_and_check(listener.port, request_to(c_worker())));
        REQUIRE(worker.becomes_ready()); // the answer arrives before the worker has counted it
        auto client = FastCgiClient::connect_tcp(listener.port);
        REQUIRE(client);
        REQUIRE(client->send(request_to(c_worker(), cut)));
        if (cut.starts_with("sleep")) {
            REQUIRE(worker.eventually([](const RecordedWorker& one) {
                const request::Activity now = one.activity();
                return now.oldest && !now.oldest->uri.empty();
            }));
            worker.signal(SIGKILL);
        }
        worker.wait();

        const request::Activity last = request::last_activity(worker.read());
        CHECK(worker.read().served == 1);
        CHECK(last.in_flight == 1);
        CHECK(last.open == 1);
        REQUIRE(last.oldest);
        CHECK(last.oldest->method == "GET");
        CHECK(last.oldest->uri == "/app?" + cut);
        CHECK(request::activity_of(worker.read(), {}).in_flight == 0);
    }
}

TEST_CASE("with several requests in flight the oldest is shown, and then the next one") {
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, threaded_worker()};
    const auto shown = [](const char* query, unsigned running) {
        return [=](const RecordedWorker& one) {
            const request::Activity now = one.activity();
            return now.in_flight == running && now.oldest && now.oldest->uri.ends_with(query);
        };
    };
    auto first = FastCgiClient::connect_tcp(listener.port);
    auto second = FastCgiClient::connect_tcp(listener.port);
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(first->send(request_to(threaded_worker(), "sleep=400")));
    REQUIRE(worker.eventually(shown("sleep=400", 1)));
    REQUIRE(second->send(request_to(threaded_worker(), "sleep=900")));
    CHECK(worker.eventually(shown("sleep=400", 2)));
    CHECK(worker.eventually(shown("sleep=900", 1)));
    CHECK(first->receive());
    first->close(); // libfcgi waits for it
    CHECK(second->receive());
    second->close();
    CHECK(worker.becomes_idle());
    CHECK_FALSE(worker.activity().oldest);
}

TEST_CASE("a client that goes away is neither served nor in flight") {
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, c_worker()};
    {
        auto client = FastCgiClient::connect_tcp(listener.port);
        REQUIRE(client);
        const std::string bytes = encode(request_to(c_worker()));
        REQUIRE(client->send_bytes(bytes.substr(0, bytes.size() - 4)));
        REQUIRE(worker.eventually([](const auto& one) { return one.activity().in_flight == 1; }));
    }
    CHECK(worker.becomes_idle());
    CHECK(worker.read().begun == 1);
    CHECK(ask_and_check(listener.port, request_to(c_worker())));
    CHECK(worker.becomes_idle());
    CHECK(worker.read().accepted == 2);
}

TEST_CASE("a request of which the beginning alone has come is told until the rest is here") {
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, c_worker()};
    const auto shows = [](std::uint32_t in_flight, std::uint32_t half) {
        return [=](const RecordedWorker& one) {
            const request::Activity now = one.activity();
            return now.in_flight == in_flight && now.half == half;
        };
    };
    auto client = FastCgiClient::connect_tcp(listener.port);
    REQUIRE(client);
    const std::string bytes = encode(request_to(c_worker(), "nonce=1&sleep=300"));
    REQUIRE(client->send_bytes(bytes.substr(0, 40)));
    CHECK(worker.eventually(shows(1, 1)));
    REQUIRE(client->send_bytes(bytes.substr(40)));
    CHECK(worker.eventually(shows(1, 0)));
    CHECK(client->receive());
    client->close();
    CHECK(worker.becomes_idle());
    auto gone = FastCgiClient::connect_tcp(listener.port);
    REQUIRE(gone);
    REQUIRE(gone->send_bytes(bytes.substr(0, 40)));
    CHECK(worker.eventually(shows(1, 1)));
    gone->close();
    CHECK(worker.becomes_idle());
    CHECK(worker.eventually(shows(0, 0)));
}
