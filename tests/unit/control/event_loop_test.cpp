// SPDX-License-Identifier: MIT
#include "systemd/event_loop.hpp"

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/epoll.h>
#include <vector>

using namespace systemd;
using namespace std::chrono_literals;

namespace {

EventLoop make_loop() {
    auto loop = EventLoop::create();
    REQUIRE(loop);
    return *std::move(loop);
}

struct Pipe {
    recycler::UniqueFd read_end, write_end;
};
Pipe make_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    return {recycler::UniqueFd(ends[0]), recycler::UniqueFd(ends[1])};
}

} // namespace

TEST_CASE("a descriptor is reported while there is something to read") {
    EventLoop loop = make_loop();
    const Pipe pipe = make_pipe();
    int reports = 0;
    auto source = loop.add_io(pipe.read_end.get(), EPOLLIN, [&](std::uint32_t events) {
        CHECK((events & EPOLLIN) != 0);
        ++reports;
    });
    REQUIRE(source);
    CHECK_FALSE(*loop.run_once(0s));
    REQUIRE(write(pipe.write_end.get(), "x", 1) == 1);
    CHECK(*loop.run_once(1s));
    CHECK(*loop.run_once(1s));
    CHECK(reports == 2); // level-triggered
    source->pause();
    CHECK_FALSE(*loop.run_once(0s));
    source->watch(EPOLLIN);
    CHECK(*loop.run_once(1s));
    CHECK(reports == 3);
}

TEST_CASE("a source may drop its own handle inside its callback") {
    EventLoop loop = make_loop();
    const Pipe pipe = make_pipe();
    std::optional<IoSource> kept;
    const auto alive = std::make_shared<int>(7);
    auto source = loop.add_io(pipe.read_end.get(), EPOLLIN, [&kept, alive](std::uint32_t) {
        kept.reset();
        CHECK(*alive == 7); // what the callback holds outlives the drop
    });
    REQUIRE(source);
    kept = *std::move(source);
    REQUIRE(write(pipe.write_end.get(), "x", 1) == 1);
    CHECK(*loop.run_once(1s));
    CHECK_FALSE(*loop.run_once(0s));
    CHECK(alive.use_count() == 1); // and goes with the source
}

TEST_CASE("a timer fires once, not before its time, and can be armed again") {
    EventLoop loop = make_loop();
    std::vector<MonoTime> fired;
    auto timer = loop.add_timer([&] { fired.push_back(loop.now()); });
    REQUIRE(timer);
    CHECK_FALSE(*loop.run_once(0s)); // disarmed at first
    const MonoTime deadline = loop.now() + 5ms + 1ns;
    timer->arm(deadline);
    CHECK(*loop.run_once(1s));
    REQUIRE(fired.size() == 1);
    CHECK(fired[0] >= deadline);
    CHECK_FALSE(*loop.run_once(0s));
    timer->arm(loop.now());
    CHECK(*loop.run_once(1s));
    timer->arm(loop.now());
    timer->disarm();
    CHECK_FALSE(*loop.run_once(0s));
    CHECK(fired.size() == 2);
}

TEST_CASE("the clock stands still within a turn") {
    EventLoop loop = make_loop();
    auto deferred = loop.add_deferred([&] {
        const MonoTime first = loop.now();
        // The kernel's own clock has moved on by then.
        timespec before{}, after{};
        clock_gettime(CLOCK_MONOTONIC, &before);
        do {
            clock_gettime(CLOCK_MONOTONIC, &after);
        } while (after.tv_sec == before.tv_sec && after.tv_nsec - before.tv_nsec < 100'000);
        CHECK(loop.now() == first);
    });
    REQUIRE(deferred);
    deferred->schedule();
    CHECK(*loop.run_once(1s));
}

TEST_CASE("a deferred callback runs once however often it was scheduled") {
    EventLoop loop = make_loop();
    int runs = 0;
    auto deferred = loop.add_deferred([&] { ++runs; });
    REQUIRE(deferred);
    deferred->schedule();
    deferred->schedule();
    CHECK(*loop.run_once(1s));
    CHECK_FALSE(*loop.run_once(0s));
    CHECK(runs == 1);
    deferred->schedule();
    deferred->cancel();
    CHECK_FALSE(*loop.run_once(0s));
}

TEST_CASE("what is due at once runs in the order of priority") {
    EventLoop loop = make_loop();
    std::string order;
    auto last = loop.add_deferred(
        [&] {
            order += 'c';
            loop.exit(7);
        },
        Priority::last);
    auto normal = loop.add_deferred([&] { order += 'b'; });
    auto first = loop.add_deferred([&] { order += 'a'; }, Priority::first);
    for (auto* each : {&last, &normal, &first}) {
        REQUIRE(*each);
        (*each)->schedule();
    }
    const auto code = loop.run();
    REQUIRE(code);
    CHECK(*code == 7);
    CHECK(order == "abc");
    CHECK_FALSE(*loop.run_once(0s)); // it has ended
}

TEST_CASE("a moved handle goes on, one assigned over is dropped") {
    EventLoop loop = make_loop();
    std::string order;
    auto one = loop.add_deferred([&] { order += '1'; });
    auto two = loop.add_deferred([&] { order += '2'; });
    REQUIRE(one);
    REQUIRE(two);
    one->schedule();
    two->schedule();
    Deferred kept = *std::move(one);
    kept = *std::move(two);
    CHECK(*loop.run_once(1s));
    CHECK_FALSE(*loop.run_once(0s));
    CHECK(order == "2");
}
