// Between a gate that re-opens and the next one that closes lies traffic, or capacity.settle.
#include "tests/unit/fleet/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::fleet;
using policies::HandoverMode;

namespace {

// Slot 0 has just been replaced behind a closed gate, and slot 1 is due.
Driver reopened() {
    Driver driver(policy_with(HandoverMode::close), 3);
    driver.started(5s);
    driver.tell(RecycleAsked{1, {SlotId{0}, SlotId{1}}});
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.ready(worker(0, 2));
    return driver;
}

} // namespace

TEST_CASE("after a gate re-opened the next one waits for traffic on it") {
    Driver driver = reopened();
    CHECK(driver.orders() == "show 0/1");
    CHECK(driver.waits_for(1) == "traffic on the slot that was opened last (capacity.settle)");
    driver.sampled(worker(0, 2), 50_MiB);
    CHECK(driver.orders().empty());
    driver.advance(10ms);
    CHECK(driver.saw<TakeSample>());
    driver.forget_orders();
    driver.sampled(worker(0, 2), 50_MiB, 0, 1);
    CHECK(driver.orders() == "hide 1/1");
}

TEST_CASE("without any traffic it waits for capacity.settle and no longer") {
    Driver driver = reopened();
    driver.forget_orders();
    driver.advance(3s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "hide 1/1");
}

TEST_CASE("what a worker accepted before it was drained is no traffic on its re-opened gate") {
    Driver driver(policy_with(HandoverMode::close), 3);
    driver.started(5s);
    driver.sampled(worker(0, 1), 50_MiB, 100, 100);
    driver.drain(0);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.open(0, 2);
    CHECK(driver.saw<TakeSample>());
    driver.recycle(1, 3);
    driver.forget_orders();
    driver.sampled(worker(0, 1), 50_MiB, 100, 100);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.sampled(worker(0, 1), 50_MiB, 101, 101);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("another controller waits for the traffic, too") {
    Driver driver = reopened();
    driver.replace_controller();
    driver.recycle(1, 2);
    driver.forget_orders();
    driver.sampled(worker(0, 2), 50_MiB, 7, 7); // before it came, perhaps
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(10ms);
    driver.sampled(worker(0, 2), 50_MiB, 8, 8);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("another controller waits no longer than the one before") {
    Driver driver = reopened();
    driver.advance(2s);
    driver.replace_controller();
    driver.recycle(1, 2);
    driver.forget_orders();
    driver.advance(1s - 1ms);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("a gate that another controller opens again, because it cancels the handover, settles") {
    Driver driver(policy_with(HandoverMode::close), 3);
    driver.started(5s);
    driver.tell(RecycleAsked{1, {SlotId{0}, SlotId{1}}});
    CHECK(driver.slot(0).gate == Gate::closed);
    driver.replace_controller();
    CHECK(driver.shown(0).contains(listener(0, 1)));
    CHECK(driver.shown(1).contains(listener(1, 1)));
    driver.sampled(worker(0, 1), 50_MiB, 100, 100);
    CHECK(driver.shown(1).contains(listener(1, 1)));
    driver.advance(10ms);
    driver.sampled(worker(0, 1), 50_MiB, 101, 101);
    CHECK(driver.shown(0).empty() != driver.shown(1).empty()); // one of the two, and not both
}

TEST_CASE("overlaps close no gate and settle nothing") {
    Driver driver(policy_with(HandoverMode::overlap), 2);
    driver.started();
    driver.tell(RecycleAsked{1, first_slots(2)});
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "steer 0/2 to 1; open 1/2 beside 1/1; launch 1.2 on 1/2");
}
