// SPDX-License-Identifier: MIT
#include "tests/unit/slots/spares/spares.hpp"

#include <doctest/doctest.h>

namespace recycler::slots {

TEST_CASE("spares outlive the controller, and numbers go on") {
    Driver d(with_spares(2), 2);
    let_wait(d); // spare 2 starts
    d.replace_controller();
    CHECK(d.orders().find("spare") == std::string::npos);
    CHECK(d.decider().spares().waiting(0) != nullptr);
    CHECK(d.decider().spares().starting(0));
    d.ready(spare(2));
    d.exited(worker(0, 1));
    CHECK(d.orders().find("launch 0.2 on 0/1 from spare.1") != std::string::npos);
    d.ready(worker(0, 2));
    CHECK(d.orders().find("launch spare.3") != std::string::npos);
}

TEST_CASE("one that was given a slot says so after the controller's end") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    d.exited(worker(0, 1));
    d.ready(worker(0, 2));
    d.replace_controller();
    CHECK(worker_of(d.slot().front)->spare == 1);
}

TEST_CASE("one that was given a slot and has not come there waits again") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    SUBCASE("as a front") {
        d.exited(worker(0, 1));
    }
    SUBCASE("as a successor") {
        d.recycle(0);
    }
    d.never_launched(worker(0, 2), spare(1));
    d.replace_controller();
    d.advance(1s);
    const std::string orders = d.orders();
    CHECK(orders.find("kill spare") == std::string::npos);
    CHECK(orders.find("from spare.1") != std::string::npos);
}

TEST_CASE("those that were to end are ended again, and records are ordered again") {
    Driver d(with_spares(2));
    let_wait(d);
    d.tell(PolicyChanged{.policy = with_spares(0), .added = {}, .removed = {}});
    d.exited(spare(2));
    d.replace_controller();
    const std::string orders = d.orders();
    CHECK(orders.find("kill spare.1") != std::string::npos);
    CHECK(orders.find("record spare.2 after cancel") != std::string::npos);
    d.exited(spare(1));
    CHECK(d.orders() == "record spare.1 after cancel");
    d.recorded(spare(1));
    d.recorded(spare(2));
    CHECK(d.decider().spares().empty());
}

TEST_CASE("a trial is tried anew by the next controller, and goes on from there") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    SUBCASE("of an operator") {
        d.tell(RecycleRequested{5, {SlotId{0}, SlotId{1}}});
    }
    SUBCASE("of a policy") {
        d.tell(PolicyChanged{
            .policy = d.decider().policy(), .added = {}, .removed = {}, .workers_change = true});
    }
    d.exited(spare(1));
    d.recorded(spare(1));
    d.replace_controller();
    CHECK(d.orders().find("kill spare.2") != std::string::npos);
    d.exited(spare(2));
    d.advance(1s);
    CHECK(d.waits_for(0) == "not due");
    d.ready(spare(3));
    CHECK(d.orders().find("launch 0.2 on 0/2 from spare.3") != std::string::npos);
    CHECK(d.waits_for(1) != "not due");
}

} // namespace recycler::slots
