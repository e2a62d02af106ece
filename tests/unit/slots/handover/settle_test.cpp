// SPDX-License-Identifier: MIT
// Between a gate that re-opens and the next one that closes lies traffic, or capacity.settle.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

// Slot 0 has just been replaced behind a closed gate, and slot 1 is due.
Driver reopened() {
    Driver driver(policy_with(HandoverMode::close), 3);
    driver.started(5s);
    driver.tell(RecycleRequested{1, {SlotId{0}, SlotId{1}}});
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.ready(worker(0, 2));
    return driver;
}

// Connections, one after another, to a worker that had accepted so many.
void comes(Driver& driver, WorkerId id, std::uint64_t before) {
    driver.sampled(id, 50_MiB, before, before + 1);
    driver.advance(Traffic::k_goes_on);
    driver.sampled(id, 50_MiB, before + 1, before + 2);
}

// Slot 2 is asked for so long, and looked at ten times a second.
void serves_on(Driver& driver, Duration how_long) {
    const Worker& worker = *worker_of(driver.slot(2).front);
    std::uint64_t served = worker.last ? worker.last->accepts : 0;
    for (; how_long > 0s; how_long -= std::min(how_long, Duration(100ms))) {
        driver.sampled(worker.id, 50_MiB, served, served + 1);
        driver.advance(std::min(how_long, Duration(100ms)));
        ++served;
    }
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
    comes(driver, worker(0, 2), 0);
    CHECK(driver.orders() == "hide 1/1");
}

TEST_CASE("a connection that was on its way when the gate was closed is no traffic") {
    Driver driver = reopened();
    driver.forget_orders();
    driver.sampled(worker(0, 2), 50_MiB, 0, 1);
    driver.advance(Traffic::k_goes_on - 1ms);
    driver.sampled(worker(0, 2), 50_MiB, 1, 3); // nor those beside it
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
    driver.sampled(worker(0, 2), 50_MiB, 3, 3);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.sampled(worker(0, 2), 50_MiB, 3, 4);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("without any traffic it waits for capacity.settle and no longer") {
    Driver driver = reopened();
    driver.forget_orders();
    driver.advance(4s - 1ms);
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
    comes(driver, worker(0, 1), 100);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("what it accepted after the last look before it was drained is none either") {
    Driver driver(policy_with(HandoverMode::close), 3);
    driver.started(5s);
    driver.sampled(worker(0, 1), 50_MiB, 100, 100);
    driver.drain(0);
    driver.idle(listener(0, 1));
    driver.open(0, 2);
    driver.recycle(1, 3);
    driver.forget_orders();
    driver.sampled(worker(0, 1), 50_MiB, 120, 120);
    CHECK_FALSE(driver.saw<HideListener>());
    comes(driver, worker(0, 1), 120);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("while a gate waits for traffic, some of those beside it are looked at often") {
    Driver driver = reopened();
    driver.sampled(worker(2, 1), 50_MiB);
    driver.forget_orders();
    driver.advance(Traffic::k_look);
    CHECK(driver.count<TakeSample>() == 2); // and the one that waits for it
}

TEST_CASE("when a balancer that stood still goes on, the wait for it begins again") {
    Driver driver = reopened();
    serves_on(driver, 300ms);
    driver.advance(3s); // none come, to nobody
    serves_on(driver, 4s - 1ms);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("while connections have broken off, to everybody, no other gate closes") {
    Driver driver = reopened();
    serves_on(driver, 300ms);
    driver.forget_orders();
    driver.advance(8s - 1s);
    CHECK_FALSE(driver.saw<HideListener>());
    serves_on(driver, 4s - 1ms);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("a gate that nobody came to while none came at all is waited for when they come again") {
    Driver driver = reopened();
    driver.advance(4s);
    driver.idle(listener(1, 1));
    driver.exited(worker(1, 1));
    driver.ready(worker(1, 2));
    driver.recycle(2, 2);
    driver.forget_orders();
    comes(driver, worker(1, 2), 0); // to this one; slot 0 may still be avoided
    CHECK_FALSE(driver.saw<HideListener>());
    comes(driver, worker(0, 2), 0);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("a controller that stood still itself waits anew, for it has seen nothing") {
    Driver driver = reopened();
    driver.forget_orders();
    driver.held_up(6s);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(4s - 1ms);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("where connections are few a gate waits anew three times, and no more") {
    Driver driver = reopened();
    driver.forget_orders();
    driver.sampled(worker(2, 1), 50_MiB);
    for (std::uint64_t i = 1; i <= 4; ++i) {
        driver.advance(1s);
        driver.sampled(worker(2, 1), 50_MiB, i, i);
    }
    driver.advance(3s - 1ms);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
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
    comes(driver, worker(0, 2), 7);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("another controller waits no longer than the one before") {
    Driver driver = reopened();
    driver.advance(2s);
    driver.replace_controller();
    driver.recycle(1, 2);
    driver.forget_orders();
    driver.advance(2s - 1ms);
    CHECK_FALSE(driver.saw<HideListener>());
    driver.advance(1ms);
    CHECK(driver.saw<HideListener>());
}

TEST_CASE("a gate that another controller opens again, because it cancels the handover, settles") {
    Driver driver(policy_with(HandoverMode::close), 3);
    driver.started(5s);
    driver.tell(RecycleRequested{1, {SlotId{0}, SlotId{1}}});
    CHECK(driver.slot(0).gate == Gate::closed);
    driver.replace_controller();
    CHECK(driver.shown(0).contains(listener(0, 1)));
    CHECK(driver.shown(1).contains(listener(1, 1)));
    driver.sampled(worker(0, 1), 50_MiB, 100, 100);
    CHECK(driver.shown(1).contains(listener(1, 1)));
    driver.advance(10ms);
    comes(driver, worker(0, 1), 100);
    CHECK(driver.shown(0).empty() != driver.shown(1).empty()); // one of the two, and not both
}

TEST_CASE("overlaps close no gate and settle nothing") {
    Driver driver(policy_with(HandoverMode::overlap), 2);
    driver.started();
    driver.tell(RecycleRequested{1, first_slots(2)});
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "steer 0/2 to 1; open 1/2 beside 1/1; launch 1.2 on 1/2");
}
