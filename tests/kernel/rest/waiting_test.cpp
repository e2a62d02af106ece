// SPDX-License-Identifier: MIT
// How long a worker waits in which connections rest.
#include "tests/kernel/rest/slot.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

// Answers one request and waits for its listener, for 200 ms. Exits with 5 if that was in vain for
// so long, with 6 if it was shorter, with 7 if it was told of something.
WorkerCommand patient_worker() {
    return {.name = "patient",
            .argv = {"perl", "-e", R"(
                use FCGI;
                use Time::HiRes 'time';
                my $request = FCGI::Request();
                $request->Accept() >= 0 or exit 1;
                print "Content-Type: text/plain\r\n\r\nserved";
                $request->Finish();
                vec(my $in = '', 0, 1) = 1;
                my $begun = time;
                exit 7 if select($in, undef, undef, 0.2) > 0;
                exit(time - $begun > 0.199 ? 5 : 6);)"},
            .environment = {},
            .params = {}};
}

bool has_left(const RecordedWorker& worker) {
    const auto all = worker.read().processes;
    return !all.empty() && all.front().exited.has_value();
}

// Answers each request on a connection, and waits for the next one in an epoll. With `listener`, it
// also waits for its listener beside something else.
WorkerCommand waiting_worker(const std::string& listener) {
    return {.name = "waiting",
            .argv = {"python3", "-c", R"(
import os, select, socket, sys
listener = socket.socket(fileno=0)
both = select.poll()
both.register(0, select.POLLIN)
both.register(os.pipe()[0], select.POLLIN)
text = b'Content-Type: text/plain\r\n\r\nserved'
answer = (b'\1\6\0\1' + len(text).to_bytes(2, 'big') + b'\0\0' + text +
          b'\1\3\0\1\0\x08\0\0' + bytes(8))
while True:
    if sys.argv[1] == 'among-others':
        both.poll()
    connection, _ = listener.accept()
    asked = select.epoll()
    if sys.argv[1] == 'alone':
        asked.register(connection, select.EPOLLIN)
    request = b''
    while True:
        if sys.argv[1] == 'alone':
            asked.poll()
        more = connection.recv(65536)
        if not more:
            break
        request += more
        if request.endswith(b'\1\5\0\1\0\0\0\0'):
            request = b''
            connection.sendall(answer)
    connection.close()
)",
                     listener},
            .environment = {},
            .params = {}};
}

} // namespace

TEST_CASE("accept() on a listener that has become non-blocking does not wait") {
    const WorkerCommand command = c_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    ask(client, command, "first");
    REQUIRE(worker.becomes_resting(1));
    const int flags = fcntl(slot.listener.fd.get(), F_GETFL);
    REQUIRE(fcntl(slot.listener.fd.get(), F_SETFL, flags | O_NONBLOCK) == 0);
    ask(client, command, "second");
    CHECK(worker.wait() == 0); // libfcgi takes EAGAIN for the end
    CHECK(worker.read().handed_on == 1);
}

TEST_CASE("select() on the listener lasts its time while the channel takes nothing") {
    const WorkerCommand command = patient_worker();
    const Slot slot{Family::tcp};
    const char byte = 'x';
    while (send(slot.out.get(), &byte, 1, MSG_DONTWAIT) == 1) {
    }
    RestingWorker worker{slot, command};
    worker.page().hand_on();
    FastCgiClient client = slot.connect();
    REQUIRE(client.send(kept(command)));
    REQUIRE(client.receive());
    CHECK(worker.wait() == 5 << 8);
}

TEST_CASE("select() on the listener ends in time however often the worker is woken") {
    const WorkerCommand command = patient_worker();
    const Slot slot{Family::tcp};
    RestingWorker worker{slot, command};
    FastCgiClient client = slot.connect();
    REQUIRE(client.send(kept(command)));
    REQUIRE(client.receive());
    CHECK(worker.eventually([&](const RecordedWorker& one) {
        worker.wake();
        return has_left(one);
    }));
    CHECK(worker.wait() == 5 << 8);
}

TEST_CASE("nothing rests where the worker waits in a call that knows nothing of it") {
    for (const char* listener : {"alone", "among-others"}) {
        for (const Family family : {Family::tcp, Family::local}) {
            CAPTURE(listener);
            CAPTURE(family);
            const WorkerCommand command = waiting_worker(listener);
            const Slot slot{family};
            const RestingWorker worker{slot, command};
            for (int i = 0; i < 3; ++i) {
                FastCgiClient client = slot.connect();
                REQUIRE(client.send(kept(command)));
                const auto answer = client.receive();
                REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
                CHECK(ends(client));
            }
            CHECK(worker.read().came_back == 0);
            CHECK(worker.activity().resting == 0);
        }
    }
}
