// SPDX-License-Identifier: MIT
// A changed policy: slots come and go, workers change, anything else applies at once.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

const policies::Policy k_policy = policy_with(HandoverMode::overlap);

} // namespace

TEST_CASE(
    "new slots start first, removed ones drain when those are ready, kept ones stay as they are") {
    Driver driver = serving(2);
    driver.tell(PolicyChanged{k_policy, {AddedSlot{{2}}}, {SlotId{1}}});
    CHECK(driver.orders() == "launch 2.1 on 2/1");
    driver.ready(worker(2, 1));
    CHECK(driver.orders() == "hide 1/1");
    driver.idle(listener(1, 1));
    driver.exited(worker(1, 1));
    CHECK(driver.orders() == "stop 1.1; record 1.1 after stop");
    driver.recorded(worker(1, 1));
    CHECK(driver.announced("slot-removed"));
    CHECK(driver.orders() == "forget 1.1; close 1/1; slot 1 gone, next 2");
    CHECK(driver.decider().slots().size() == 2);
    CHECK(driver.slot(0).next_generation == 2);
}

TEST_CASE("a slot that comes back counts its generations on") {
    Driver driver = serving(2);
    driver.tell(PolicyChanged{k_policy, {AddedSlot{{2}, 5}}, {SlotId{1}}});
    CHECK(driver.orders() == "launch 2.5 on 2/1");
    driver.ready(worker(2, 5));
    CHECK(driver.orders() == "hide 1/1"); // its first start counts as one, too
}

TEST_CASE("a new slot that does not come up keeps no removed one for ever") {
    Driver driver = serving(2);
    driver.tell(PolicyChanged{k_policy, {AddedSlot{{2}}}, {SlotId{1}}});
    driver.forget_orders();
    driver.exited(worker(2, 1), Ending::never_started);
    CHECK(driver.slot(1).wanted == Wanted::gone);
}

TEST_CASE("a removed slot that is drained or replacing goes, too") {
    Driver driver = serving(3);
    driver.drain(0);
    driver.idle(listener(0, 1));
    driver.recycle(1, 2);
    driver.forget_orders();
    driver.tell(PolicyChanged{k_policy, {}, first_slots(2)});
    CHECK(driver.orders() == "close 1/2; kill 1.2; hide 1/1; answer 2 refused");
    driver.idle(listener(0, 1));
    driver.idle(listener(1, 1));
    CHECK(driver.orders() == "stop 0.1; stop 1.1");
}

TEST_CASE("calls for a slot that is going away are refused; one for several leaves it out") {
    Driver driver = serving(2);
    driver.tell(PolicyChanged{k_policy, {}, {SlotId{1}}});
    driver.forget_orders();
    driver.open(1, 1);
    driver.drain(1, 2);
    driver.recycle(1, 3);
    CHECK(driver.orders() == "answer 1 refused; answer 2 refused; answer 3 refused");
    driver.tell(RecycleRequested{4, first_slots(2)});
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    driver.drain(0, 5);
    driver.forget_orders();
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 5 done");
}

TEST_CASE("changed workers are recycled one after another, for the trigger policy") {
    Driver driver = serving(2);
    driver.tell(PolicyChanged{k_policy, {}, {}, true});
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    CHECK(driver.slot(1).due->trigger == Trigger::policy);
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "close 0/1; record 0.1 after recycle for policy");
}

TEST_CASE("a starting worker of the policy before is recycled once it is ready") {
    Driver driver(k_policy, 1);
    driver.tell(PolicyChanged{k_policy, {}, {}, true});
    driver.forget_orders();
    driver.ready(worker(0, 1));
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
}

TEST_CASE("a successor made by the policy before is given up for one made by the new one") {
    Driver driver = serving(2);
    driver.recycle(0);
    driver.forget_orders();
    driver.tell(PolicyChanged{k_policy, {}, {}, true});
    CHECK(driver.orders() == "close 0/2; kill 0.2; open 0/3 beside 0/1; launch 0.3 on 0/3");
}

TEST_CASE("a drained worker is replaced by one of the new policy, and its slot stays drained") {
    Driver driver = serving(2);
    driver.drain(0);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.tell(PolicyChanged{k_policy, {}, {}, true});
    CHECK(driver.orders().starts_with("stop 0.1"));
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
    driver.idle(listener(0, 1));
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("draining a worker of the policy before does not keep it for ever") {
    Driver driver = serving(2);
    driver.tell(PolicyChanged{k_policy, {}, {}, true});
    driver.drain(1);
    driver.forget_orders();
    driver.idle(listener(1, 1));
    CHECK(driver.orders() == "stop 1.1");
    driver.exited(worker(1, 1));
    driver.ready(worker(1, 2));
    driver.idle(listener(1, 1));
    CHECK(driver.front_is<Drained>(1));
}

TEST_CASE("a change that leaves the workers as they are applies at once and recycles nobody") {
    Driver driver = serving(2);
    policies::Policy changed = k_policy;
    changed.recycle.memory = 100_MiB;
    driver.tell(PolicyChanged{changed, {}, {}, false});
    CHECK(driver.orders().empty());
    driver.sampled(worker(0, 1), 100_MiB);
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
}
