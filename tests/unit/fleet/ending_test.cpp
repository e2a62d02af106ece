// Ends that nobody planned, and what becomes of the gate.
#include "tests/unit/fleet/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::fleet;

namespace {

Driver started_in(Duration start, std::uint16_t slots = 2) {
    Driver driver(policies::Policy{}, slots);
    driver.started(start);
    return driver;
}

} // namespace

TEST_CASE("after a crash the gate stays open when a start takes at most one second") {
    Driver driver = started_in(1s);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; bury 0.1 after nothing");
    CHECK(driver.slot().gate == Gate::open);
}

TEST_CASE("after a crash the gate of a slow starter closes until the new worker is ready") {
    Driver driver = started_in(1001ms);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "hide 0/1; launch 0.2 on 0/1; bury 0.1 after nothing");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/1");
}

TEST_CASE("the last open gate stays open after a crash, however slow the start is") {
    Driver driver = started_in(5s);
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.exited(worker(1, 1));
    CHECK(driver.orders() == "launch 1.2 on 1/1; bury 1.1 after nothing");
}

TEST_CASE("a gate that could not be shown again is not closed by a crash") {
    Driver driver(policies::Policy{}, 2, Machine{.can_show = false});
    driver.started(5s);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; bury 0.1 after nothing");
}

TEST_CASE("a worker that leaves by itself is replaced at once, a slow one behind a closed gate") {
    Driver fast = started_in(200ms);
    fast.exited(worker(0, 1), Ending::left);
    CHECK(fast.orders() == "launch 0.2 on 0/1; bury 0.1 after nothing");
    Driver slow = started_in(5s);
    slow.exited(worker(0, 1), Ending::left);
    CHECK(slow.orders() == "hide 0/1; launch 0.2 on 0/1; bury 0.1 after nothing");
}

TEST_CASE("the next worker is launched before anything is done for the dead one") {
    Driver driver = started_in(200ms);
    driver.exited(worker(0, 1));
    const std::string orders = driver.orders();
    CHECK(orders.find("launch") < orders.find("bury"));
}

TEST_CASE("a memory kill of a child is announced and ends the whole worker") {
    Driver driver = started_in(200ms);
    driver.tell(ChildKilled{worker(0, 1)});
    CHECK(driver.announced("child-died"));
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; bury 0.1 after nothing");
}

TEST_CASE("a crash takes the due recycle with it, and the record keeps its trigger") {
    policies::Policy policy;
    policy.recycle.memory = 100_MiB;
    Driver driver(policy);
    driver.started();
    driver.sampled(worker(0, 1), 100_MiB);
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; bury 0.1 after nothing for memory");
    CHECK(driver.waits_for() == "not due");
}

TEST_CASE("a worker is buried once, and forgotten once its burial is confirmed") {
    Driver driver = started_in(200ms);
    driver.exited(worker(0, 1));
    driver.exited(worker(0, 1));
    CHECK(driver.count<Bury>() == 1);
    driver.forget_orders();
    driver.buried(worker(0, 1));
    driver.buried(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1");
}
