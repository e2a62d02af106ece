// SPDX-License-Identifier: MIT
// What is written down for the next controller.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>
#include <memory>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

std::unique_ptr<Ledger> written(const Driver& driver) {
    auto ledger = std::make_unique<Ledger>();
    driver.decider().write(*ledger);
    return ledger;
}

Phase phase_of(const Driver& driver) {
    return to_row(driver.slot()).front.phase;
}

} // namespace

TEST_CASE("each state of a front has its phase") {
    Driver driver(policy_with(HandoverMode::close), 2);
    CHECK(phase_of(driver) == Phase::starting);
    driver.started();
    CHECK(phase_of(driver) == Phase::serving);
    driver.drain(0);
    CHECK(phase_of(driver) == Phase::draining_to_hold);
    driver.idle(listener(0, 1));
    CHECK(phase_of(driver) == Phase::drained);
    driver.open(0, 2);
    driver.recycle(0, 3);
    driver.advance(4s); // settled
    CHECK(phase_of(driver) == Phase::draining_to_replace);
    driver.idle(listener(0, 1));
    CHECK(phase_of(driver) == Phase::stopping);
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
    driver.tell(StopRequested{});
    CHECK(phase_of(driver) == Phase::draining_to_leave);
    driver.exited(worker(0, 2));
    CHECK(phase_of(driver) == Phase::leaving);
    driver.idle(listener(0, 1));
    CHECK(phase_of(driver) == Phase::none);

    Driver parking(policy_with(HandoverMode::queue));
    parking.started();
    parking.recycle(0);
    CHECK(phase_of(parking) == Phase::parking);
}

TEST_CASE("what is read back is what was written") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.restart.burst = 0;
    Driver driver(policy, 2);
    driver.started(300ms);
    driver.exited(worker(1, 1)); // braked for a second
    driver.drain(1);
    driver.recycle(0, 2);
    driver.ready(worker(0, 2));
    driver.recycle(0, 3);
    const auto before = written(driver);
    driver.replace_controller();
    CHECK(driver.slot(0).listener == listener(0, 2));
    CHECK(driver.slot(0).next_generation == 3);
    CHECK(driver.slot(0).next_serial == 3);
    CHECK(driver.slot(0).due->trigger == Trigger::operator_);
    CHECK(driver.slot(0).retiring->worker.id == worker(0, 1));
    CHECK(driver.slot(0).retiring->trigger == Trigger::operator_);
    CHECK(worker_of(driver.slot(0).front)->launched_at == driver.now());
    CHECK(driver.slot(1).wanted == Wanted::out);
    CHECK(driver.slot(1).gate == Gate::closed);
    CHECK(driver.slot(1).brake.applied() == 1);
    CHECK(driver.slot(1).brake.until() == driver.now() + 1s);
    CHECK(driver.decider().learned().start == before->learned.start);
    CHECK(driver.decider().totals() == before->totals);
}

TEST_CASE("what a later version has begun is ended and counted under its number") {
    constexpr std::uint8_t k_later = 17;
    Driver before(policy_with(HandoverMode::queue), 3);
    before.started();
    const auto ledger = std::make_unique<Ledger>();
    before.decider().write(*ledger);
    ledger->totals.recycles[k_later] = 4;
    ledger->slots[0].due_trigger = k_later;
    ledger->slots[1].front.phase = Phase::stopping;
    ledger->slots[1].front.order = slots::Order::recycle;
    ledger->slots[1].front.trigger = k_later;
    ledger->slots[2].dead[0] = {
        .generation = 9, .order = slots::Order::recycle, .trigger = k_later};
    Decider after(policy_with(HandoverMode::queue), {});
    (void)after.adopt(before.now(), first_slots(3), *ledger,
                      {{listener(0, 1), listener(1, 1), listener(2, 1)},
                       {worker(0, 1), worker(1, 1), worker(2, 1), worker(2, 9)}});
    CHECK_FALSE(after.slots()[0].due);
    (void)after.step(before.now(), WorkerExited{worker(1, 1), Ending::left});
    (void)after.step(before.now(), EndRecorded{worker(1, 1), 5, 0});
    (void)after.step(before.now(), EndRecorded{worker(2, 9), 5, 0});
    CHECK(after.totals().recycles[k_later] == 6);
    const auto written = std::make_unique<Ledger>();
    after.write(*written);
    CHECK(written->totals.recycles[k_later] == 6);
}
