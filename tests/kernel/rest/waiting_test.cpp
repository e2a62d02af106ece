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
