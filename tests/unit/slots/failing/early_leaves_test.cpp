// SPDX-License-Identifier: MIT
// Workers that leave by themselves after every request or a few.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

// The present worker of the slot serves so many and leaves; the next one is ready 200 ms later.
// Whether that was told.
bool leaves_after(Driver& driver, std::uint64_t served, std::uint16_t slot = 0) {
    const WorkerId id = worker_of(driver.slot(slot).front)->id;
    driver.forget_orders();
    driver.tell(WorkerExited{id, Ending::left, {}, served});
    const bool told = driver.announced("leaving-early");
    driver.advance(200ms);
    driver.ready({id.slot, id.generation + 1});
    return told;
}

} // namespace

TEST_CASE("the fifth in a row that leaves after a few requests is told, once") {
    Driver driver = serving(2);
    for (int i = 1; i < 5; ++i) {
        CHECK_FALSE(leaves_after(driver, 1));
    }
    CHECK(leaves_after(driver, 1));
    for (int i = 0; i < 170; ++i) {
        CHECK_FALSE(leaves_after(driver, 1));
    }
}

TEST_CASE("the words say how many, after how few requests, and within what time") {
    EarlyLeaves leaves;
    const MonoTime launched{Duration(10s)};
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(leaves.left(launched + 500ms, launched, i == 2 ? 3 : 1));
    }
    CHECK(leaves.left(launched + 1200ms, launched + 700ms, 2));
    CHECK(leaves.told());
    CHECK(leaves.in_words(launched + 1200ms)
              .starts_with("5 workers in a row have ended by themselves with status 0, after 3 "
                           "requests at most, within 2s."));
}

TEST_CASE("who leaves after more requests, as php-cgi does, is no news") {
    Driver driver = serving(2);
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(leaves_after(driver, 4));
    }
}

TEST_CASE("one that serves more begins the row anew, and it is told again after an hour") {
    Driver driver = serving(2);
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(leaves_after(driver, 1));
    }
    CHECK_FALSE(leaves_after(driver, 500));
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(leaves_after(driver, 1));
    }
    CHECK(leaves_after(driver, 1));
    CHECK_FALSE(leaves_after(driver, 500));
    for (int i = 0; i < 9; ++i) {
        CHECK_FALSE(leaves_after(driver, 1)); // within the hour
    }
    driver.advance(1h);
    CHECK_FALSE(leaves_after(driver, 500));
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(leaves_after(driver, 1));
    }
    CHECK(leaves_after(driver, 1));
}

TEST_CASE("a death in between begins the row anew") {
    Driver driver = serving(2);
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(leaves_after(driver, 1));
    }
    driver.exited(worker(0, 5), Ending::served);
    driver.ready(worker(0, 6));
    CHECK_FALSE(leaves_after(driver, 1));
}

TEST_CASE("what the whole app does is told of one slot") {
    Driver driver = serving(3);
    int told = 0;
    for (int i = 0; i < 10; ++i) {
        for (std::uint16_t slot = 0; slot < 3; ++slot) {
            told += leaves_after(driver, 1, slot) ? 1 : 0;
        }
    }
    CHECK(told == 1);
}
