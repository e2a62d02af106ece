// SPDX-License-Identifier: MIT
// What the recorder must survive, and what must survive the recorder.
#include "recycler/request/page_layout.hpp"
#include "tests/kernel/recorded_worker.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace recycler;
using namespace recycler::testing;

TEST_CASE("a worker that scribbles over its page harms neither its clients nor the reader") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, worker_program("scribbler")};
    for (unsigned i = 0; i < 40; ++i) {
        const auto answer = ask_and_check(listener.port, {});
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
        const auto reading = request::read_page(worker.page().bytes());
        if (reading) {
            CHECK(reading->processes.size() <= 127);
            const request::Activity last = request::last_activity(*reading);
            if (last.oldest) {
                CHECK(last.oldest->uri.find('\n') == std::string::npos);
            }
        }
    }
    worker.kill_all();
    CHECK_FALSE(request::read_page(worker.page().bytes()));
}

TEST_CASE("a worker cannot take the page away from under its reader") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, c_worker()};
    CHECK(ftruncate(worker.page().fd(), 0) == -1);
    CHECK(errno == EPERM);
    CHECK(fcntl(worker.page().fd(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
}

TEST_CASE("without a page the recorder is not there") {
    for (const char* number : {"", "x", "-1", "0", "1", "999", "99999999999999999999"}) {
        CAPTURE(number);
        WorkerCommand command = c_worker();
        command.environment["RECYCLER_PAGE"] = number;
        const Listener listener = Listener::open();
        RecordedWorker worker{listener, command};
        CHECK(ask_and_check(listener.port, {}));
        CHECK(ask_and_check(listener.port, {}));
        CHECK_FALSE(worker.read().came_to_accept);
        worker.page().park();
        CHECK(ask_and_check(listener.port, {}));
    }
}

TEST_CASE("a file that is no page is left as it is") {
    const UniqueFd file{memfd_create("zeroes", 0)};
    REQUIRE(ftruncate(file.get(), 65536) == 0);
    WorkerCommand command = c_worker();
    command.environment["RECYCLER_PAGE"] = std::to_string(file.get());
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    CHECK(ask_and_check(listener.port, {}));
    char byte = 1;
    for (off_t at = 0; at < 65536; at += 8) {
        REQUIRE(pread(file.get(), &byte, 1, at) == 1);
        REQUIRE(byte == 0);
    }
    CHECK_FALSE(recorder::PageFile::attach(UniqueFd{dup(file.get())}));
}

TEST_CASE("a page of the version before, which has no ring, is written and read all the same") {
    std::vector<std::byte> bytes(sizeof(request::Page));
    request::format_page(bytes);
    auto& header = reinterpret_cast<request::Page*>(bytes.data())->header;
    header.version = 1;
    header.size = request::k_size_without_ring;
    UniqueFd file{memfd_create("before", MFD_ALLOW_SEALING)};
    REQUIRE(write(file.get(), bytes.data(), header.size) == ssize_t{header.size});
    REQUIRE(fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    WorkerCommand command = c_worker();
    command.environment["RECYCLER_PAGE"] = std::to_string(file.get());
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    CHECK(ask_and_check(listener.port, {}));
    CHECK(ask_and_check(listener.port, {}));
    const auto page = recorder::PageFile::attach(std::move(file));
    REQUIRE(page);
    CHECK(request::read_page(page->bytes())->begun == 2);
    CHECK_FALSE(request::has_ring(page->bytes()));
}

TEST_CASE("a page can be adopted by another process than the one that made it") {
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, c_worker()};
    CHECK(ask_and_check(listener.port, {}));
    REQUIRE(worker.becomes_ready());
    auto adopted = recorder::PageFile::attach(UniqueFd{dup(worker.page().fd())});
    REQUIRE(adopted);
    CHECK(request::read_page(adopted->bytes()) == worker.read());
    adopted->park();
    CHECK(ask_and_check(listener.port, {}));
    CHECK(worker.becomes_parked());
}

TEST_CASE("a worker that is deaf to signals parks all the same") {
    WorkerCommand command = c_worker();
    command.argv.emplace_back("--deaf");
    const Listener listener = Listener::open();
    RecordedWorker worker{listener, command};
    CHECK(ask_and_check(listener.port, {}));
    worker.signal(SIGTERM);
    REQUIRE(worker.becomes_ready());
    worker.page().park();
    CHECK(ask_and_check(listener.port, {}));
    CHECK(worker.becomes_parked());
}
