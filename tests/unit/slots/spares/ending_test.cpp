// SPDX-License-Identifier: MIT
#include "tests/unit/slots/spares/spares.hpp"

#include <doctest/doctest.h>

namespace recycler::slots {

namespace {

void change(Driver& d, policies::Policy policy, bool workers_change = false) {
    d.tell(PolicyChanged{
        .policy = std::move(policy), .added = {}, .removed = {}, .workers_change = workers_change});
}

} // namespace

TEST_CASE("those that the policy wants no longer are ended, the youngest first") {
    Driver d(with_spares(3));
    let_wait(d);
    d.ready(spare(2)); // spare 3 starts
    d.forget_orders();
    change(d, with_spares(1));
    CHECK(d.orders() == "kill spare.3; kill spare.2");
    d.exited(spare(3));
    d.exited(spare(2));
    CHECK(d.orders() == "record spare.3 after cancel; record spare.2 after cancel");
    change(d, with_spares(0));
    CHECK(d.orders() == "kill spare.1");
    d.advance(1s);
    CHECK(d.orders() == "kill spare.1"); // it is still there
}

TEST_CASE("one that is as old as recycle.age is replaced") {
    policies::Policy policy = with_spares(1);
    policy.recycle.age = 1h;
    policy.recycle.spread = policies::Percent{0};
    Driver d(policy);
    let_wait(d);
    d.advance(59min + 58s);
    CHECK(d.decider().spares().find(1) != nullptr);
    d.advance(5s);
    const Spare* old = d.decider().spares().find(1);
    REQUIRE(old != nullptr);
    CHECK(is_ending(*old));
    d.forget_orders();
    d.exited(spare(1));
    CHECK(d.orders().find("record spare.1 after recycle for age") != std::string::npos);
}

TEST_CASE(
    "one that needs more than recycle.memory is ended, and the next one waits for the brake") {
    policies::Policy policy = with_spares(1);
    policy.recycle.memory = 60_MiB;
    policy.restart.burst = 1;
    Driver d(policy);
    let_wait(d);
    for (std::uint32_t number = 1; number <= 2; ++number) {
        d.forget_orders();
        d.tell(WorkerSampled{spare(number), {.at = d.now(), .bloat = 61_MiB}});
        CHECK(d.orders() == "kill spare." + std::to_string(number));
        d.exited(spare(number));
        d.recorded(spare(number));
        d.advance(1ms);
        d.ready(spare(number + 1));
    }
    CHECK(d.decider().spares().all().empty());
    CHECK(d.decider().why_no_spare() ==
          "it waits for the brake: spares keep ending (`recyclerctl why spare` says why)");
    d.advance(2s);
    CHECK(d.decider().spares().all().size() == 1);
}

TEST_CASE("when the app stops they end, and the app has not ended before them") {
    Driver d(with_spares(1));
    let_wait(d);
    d.tell(StopRequested{7});
    CHECK(d.orders() == "hide 0/1; kill spare.1");
    d.advance(1s);
    d.idle(listener(0, 1));
    d.exited(worker(0, 1));
    d.recorded(worker(0, 1));
    CHECK_FALSE(d.saw<Finish>());
    d.forget_orders();
    d.exited(spare(1));
    CHECK(d.orders() == "record spare.1 after stop");
    d.recorded(spare(1));
    CHECK(d.saw<Finish>());
}

} // namespace recycler::slots
