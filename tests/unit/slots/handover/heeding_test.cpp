// SPDX-License-Identifier: MIT
// Workers that take no notice of the stop signal, lose it, or have something to do at their end.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

// Slot 0's worker is parked behind its open gate, and was just told to stop.
void park_and_stop(Driver& driver, std::uint32_t generation = 1) {
    driver.recycle(0);
    driver.parked(listener(0, 1));
    REQUIRE(driver.front_is<Stopping>());
    REQUIRE(std::get<Stopping>(driver.slot().front).worker.id == worker(0, generation));
    driver.forget_orders();
}
Driver stopping(std::uint16_t slots = 1) {
    Driver driver = serving(HandoverMode::queue, slots);
    park_and_stop(driver);
    return driver;
}

void seen(Driver& driver, std::uint32_t generation, bool ignores) {
    driver.tell(HeedingSeen{worker(0, generation), ignores});
}

// It ignores both signals and is killed, and the next one serves.
void replace_deaf(Driver& driver) {
    driver.advance(k_stop_again);
    seen(driver, 1, true);
    driver.advance(k_stop_grace - k_stop_again);
    seen(driver, 1, true);
    driver.frozen(worker(0, 1), 0);
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
}

} // namespace

TEST_CASE("an idle worker that takes no notice is told twice, and killed with proof after 250 ms") {
    Driver driver = stopping();
    driver.advance(k_stop_again - 1ms);
    CHECK_FALSE(driver.saw<LookHeeding>());
    driver.advance(1ms);
    REQUIRE(driver.saw<LookHeeding>());
    seen(driver, 1, true);
    CHECK(driver.orders() == "stop 0.1");
    driver.advance(k_stop_grace - k_stop_again);
    REQUIRE(driver.saw<LookHeeding>());
    seen(driver, 1, true);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
    CHECK(driver.now() - std::get<Stopping>(driver.slot().front).heeding->told_at == 250ms);
    driver.exited(worker(0, 1));
    CHECK(driver.announced("trouble"));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
}

TEST_CASE("the next one in its place that takes no notice is killed after 50 ms, and not told of") {
    Driver driver = stopping();
    replace_deaf(driver);
    SUBCASE("by the same controller") {}
    SUBCASE("by another one") {
        driver.recorded(worker(0, 1));
        driver.replace_controller();
    }
    park_and_stop(driver, 2);
    driver.advance(k_stop_known);
    seen(driver, 2, true);
    CHECK(driver.orders() == "freeze 0.2");
    driver.frozen(worker(0, 2), 0);
    driver.exited(worker(0, 2));
    CHECK_FALSE(driver.announced("trouble"));
}

TEST_CASE("a signal that was lost is sent again, and nobody is told") {
    Driver driver = stopping();
    driver.advance(k_stop_again);
    seen(driver, 1, true);
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK_FALSE(driver.announced("trouble"));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
    driver.ready(worker(0, 2));
    park_and_stop(driver, 2);
    driver.advance(k_stop_again);
    seen(driver, 2, true);
    CHECK(driver.orders() == "stop 0.2"); // as if it were the first
}

TEST_CASE("one that does something at its end is told once, and has drain.stop_timeout for it") {
    Driver driver = stopping();
    for (int i = 0; i < 99; ++i) {
        driver.advance(100ms);
        seen(driver, 1, false);
    }
    CHECK(driver.count<LookHeeding>() >= 10);
    CHECK(driver.count<LookHeeding>() <= 20);
    CHECK(driver.orders().empty());
    driver.advance(100ms);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.announced("trouble"));
    CHECK(driver.orders().ends_with("record 0.1 after recycle for operator"));
    driver.ready(worker(0, 2));
    park_and_stop(driver, 2);
    driver.advance(10s);
    driver.frozen(worker(0, 2), 0);
    driver.exited(worker(0, 2));
    CHECK_FALSE(driver.announced("trouble")); // once
}

TEST_CASE("what it takes from the queue before it is killed is served first") {
    Driver driver = stopping();
    driver.advance(k_stop_again);
    seen(driver, 1, true);
    driver.advance(k_stop_grace - k_stop_again);
    seen(driver, 1, true);
    driver.forget_orders();
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.orders() == "thaw 0.1");
    driver.advance(1s);
    CHECK(driver.orders().empty());
    seen(driver, 1, true);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("behind a closed gate, and when the app stops, it is killed without further proof") {
    Driver driver = serving(HandoverMode::close, 2);
    SUBCASE("close") {
        driver.recycle(0);
    }
    SUBCASE("stop") {
        driver.tell(StopRequested{});
    }
    driver.advance(k_hide_settles);
    driver.idle(listener(0, 1));
    REQUIRE(driver.front_is<Stopping>());
    driver.advance(k_stop_again);
    driver.forget_orders();
    seen(driver, 1, true);
    CHECK(driver.orders() == "stop 0.1");
    driver.advance(k_stop_grace - k_stop_again);
    seen(driver, 1, true);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("so is one that retires beside its successor") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.advance(k_stop_again);
    seen(driver, 1, true);
    CHECK(driver.orders() == "stop 0.1");
    driver.advance(k_stop_grace - k_stop_again);
    seen(driver, 1, true);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.announced("trouble"));
    CHECK(driver.last<Announce>().generation == 1);
    CHECK(driver.orders() == "close 0/1; answer 1 done; record 0.1 after recycle for operator");
}

TEST_CASE("a busy worker that was told to stop is not taken for one that takes no notice") {
    Driver driver = serving(HandoverMode::close, 2);
    driver.recycle(0);
    driver.advance(5min + Looks::k_longest); // drain.timeout
    REQUIRE(driver.front_is<Stopping>());
    driver.forget_orders();
    driver.advance(5s);
    seen(driver, 1, true); // of the order before
    CHECK_FALSE(driver.saw<LookHeeding>());
    CHECK(driver.orders().empty());
}

TEST_CASE("a changed stop signal is news for everybody") {
    Driver driver = stopping();
    replace_deaf(driver);
    policies::Policy policy = driver.decider().policy();
    policy.drain.stop_signal = 10;
    driver.tell(PolicyChanged{policy, {}, {}});
    park_and_stop(driver, 2);
    driver.advance(k_stop_known);
    CHECK_FALSE(driver.saw<LookHeeding>());
}

TEST_CASE("auto hands no queue on where the last worker of the slot took long to end") {
    policies::Policy policy = policy_with(HandoverMode::automatic);
    policy.memory.max = 64_MiB;
    Driver driver(policy, 2);
    driver.started(200ms);
    const auto recycle = [&] {
        driver.recycle(0);
        driver.tell(RoomSeen{Bytes{0}});
    };
    for (const Duration took : {20ms, 900ms}) {
        recycle();
        REQUIRE(driver.front_is<Parking>());
        driver.parked(listener(0, 1));
        driver.advance(took);
        const WorkerId id = worker_of(driver.slot().front)->id;
        driver.exited(id);
        driver.advance(200ms);
        driver.ready({id.slot, id.generation + 1});
    }
    recycle();
    CHECK(
        driver.front_is<Draining>()); // close: 200 ms for the start and 900 are more than a second
}
