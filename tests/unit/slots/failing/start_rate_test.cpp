// SPDX-License-Identifier: MIT
// The brake on starts as a whole, by itself and in a decider.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

Driver app_of(std::uint16_t slots) {
    Driver driver(policies::Policy{}, slots);
    driver.started();
    return driver;
}

// The workers that stand in front of all slots end within one instant.
void end_all(Driver& driver, std::uint16_t slots, Ending ending = Ending::died) {
    for (std::uint16_t i = 0; i < slots; ++i) {
        if (const Worker* front = worker_of(driver.slot(i).front)) {
            driver.exited(front->id, ending);
        }
    }
}

std::size_t starting(const Driver& driver, std::uint16_t slots) {
    std::size_t count = 0;
    for (std::uint16_t i = 0; i < slots; ++i) {
        count += driver.front_is<Starting>(i) ? 1 : 0;
    }
    return count;
}

} // namespace

TEST_CASE("half of the slots are free at once, each of the others takes its turn within a second") {
    StartRate rate;
    for (int i = 0; i < 50; ++i) {
        CHECK(rate.take_turn(k_start, 100) == k_start);
    }
    for (int i = 1; i <= 50; ++i) {
        CHECK(rate.take_turn(k_start, 100) == k_start + i * 20ms);
    }
    CHECK(rate.take_turn(k_start + 2s, 100) == k_start + 2s);
}

TEST_CASE("what was not taken for long is no credit for more at once") {
    StartRate rate;
    (void)rate.take_turn(k_start, 100);
    for (int i = 0; i < 50; ++i) {
        CHECK(rate.take_turn(k_start + 1h, 100) == k_start + 1h);
    }
    CHECK(rate.take_turn(k_start + 1h, 100) > k_start + 1h);
}

TEST_CASE("where one or two slots crash, their own brakes come first") {
    Driver driver = app_of(2);
    for (int round = 0; round < 5; ++round) {
        end_all(driver, 2);
        CHECK(starting(driver, 2) == 2);
    }
}

TEST_CASE("when all workers end at once, half are replaced at once and all within a second") {
    Driver driver = app_of(200);
    end_all(driver, 200);
    CHECK(starting(driver, 200) == 100);
    const auto waits = waits_to_start(driver.decider().slots(), driver.now());
    REQUIRE(waits);
    CHECK(waits->starts_with("100 slots wait for their turn to start a worker"));
    CHECK(held_until(driver.slot(199), driver.now()) == driver.now() + 1s);
    driver.advance(500ms);
    CHECK(starting(driver, 200) == 150);
    driver.advance(500ms);
    CHECK(starting(driver, 200) == 200);
    CHECK_FALSE(waits_to_start(driver.decider().slots(), driver.now()));
}

TEST_CASE("starts that fail at once in all slots do not come by the hundred") {
    Driver driver = app_of(100);
    driver.forget_orders();
    std::size_t launches = 0;
    for (int tick = 0; tick < 50; ++tick) {
        end_all(driver, 100, Ending::never_started);
        driver.advance(10ms);
        launches += driver.count<Launch>();
        driver.forget_orders();
    }
    CHECK(launches <= 50 + 25 + 1);
    CHECK(launches >= 50);
}

TEST_CASE("a slot that waits for its turn closes its gate while others serve, and opens it again") {
    Driver driver = app_of(101);
    for (std::uint16_t i = 0; i < 60; ++i) {
        driver.exited(worker(i, 1));
    }
    CHECK(driver.front_is<Vacant>(59));
    CHECK(driver.slot(59).gate == Gate::closed);
    driver.advance(1s);
    REQUIRE(driver.front_is<Starting>(59));
    driver.ready(worker(59, 2));
    CHECK(driver.slot(59).gate == Gate::open);
}

TEST_CASE("neither workers that leave by themselves nor recycles take turns") {
    Driver driver = app_of(100);
    end_all(driver, 100, Ending::left);
    CHECK(starting(driver, 100) == 100);
    end_all(driver, 100);
    CHECK(starting(driver, 100) == 50);
}
