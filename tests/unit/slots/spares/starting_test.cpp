// SPDX-License-Identifier: MIT
#include "tests/unit/slots/spares/spares.hpp"

#include <doctest/doctest.h>

namespace recycler::slots {

TEST_CASE("without the key nobody is started, and nothing is looked at for it") {
    Driver d(with_spares(0), 2);
    d.started();
    d.advance(10s);
    CHECK(d.orders().empty());
    CHECK(d.decider().spares().all().empty());
    CHECK(d.decider().why_no_spare().empty());
}

TEST_CASE("a spare is started when every slot is served, and not before") {
    Driver d(with_spares(1), 2);
    d.advance(200ms);
    d.forget_orders();
    d.ready(worker(0, 1));
    CHECK(d.orders().empty());
    CHECK(d.decider().why_no_spare() ==
          "it waits until every slot is served and no worker is to be replaced");
    d.ready(worker(1, 1));
    CHECK(d.orders() == "launch spare.1");
    d.advance(5s);
    d.ready(spare(1));
    CHECK(d.announced("spare-ready"));
    CHECK(d.decider().spares().waiting(0) != nullptr);
    d.advance(1min);
    CHECK(d.orders().empty());
}

TEST_CASE("several are started one after another") {
    Driver d(with_spares(3));
    d.advance(200ms);
    d.forget_orders();
    d.ready(worker(0, 1));
    CHECK(d.orders() == "launch spare.1");
    d.advance(1s);
    CHECK(d.orders().empty());
    d.ready(spare(1));
    CHECK(d.orders() == "launch spare.2");
    d.ready(spare(2));
    CHECK(d.orders() == "launch spare.3");
    d.ready(spare(3));
    d.advance(1min);
    CHECK(d.orders().empty());
}

TEST_CASE("memory admits one by the rule of overlaps, and is looked at again") {
    policies::Policy policy = with_spares(1);
    policy.memory.max = 50_MiB;
    Driver d(policy);
    d.room(Bytes{0});
    d.advance(200ms);
    d.ready(worker(0, 1));
    d.sampled(worker(0, 1), 50_MiB, 20); // it is warm
    d.forget_orders();
    d.advance(20s);
    CHECK(d.orders().empty());
    CHECK(d.decider().why_no_spare() ==
          "it waits for memory for one more worker (memory.app_max, or what the machine has)");
    d.room(60_MiB);
    d.advance(10s);
    CHECK(d.orders() == "launch spare.1");
}

TEST_CASE("without the recorder, or where the machine cannot, there is none") {
    for (const Machine machine : {Machine{.parkable = false}, Machine{.spares = false}}) {
        Driver d(with_spares(2), 1, machine);
        d.started();
        d.advance(10s);
        CHECK(d.orders().empty());
    }
}

TEST_CASE("one that cannot wait is ended, told once, and none follows under its plan") {
    Driver d(with_spares(2));
    d.started();
    d.advance(1s);
    d.forget_orders();
    d.tell(SpareUnfit{spare(1), "it is linked statically"});
    CHECK(d.told("spare-unfit").text == "it is linked statically");
    CHECK(d.orders() == "kill spare.1");
    d.exited(spare(1));
    CHECK(d.orders() == "record spare.1 after cancel");
    d.recorded(spare(1));
    CHECK(d.orders() == "forget spare.1");
    d.advance(1h);
    CHECK(d.orders().empty());
    CHECK(d.decider().why_no_spare() == "it is linked statically");

    policies::Policy policy = d.decider().policy();
    d.tell(PolicyChanged{.policy = policy, .added = {}, .removed = {}, .workers_change = true});
    d.ready(worker(0, 2));
    d.advance(10s);
    d.idle(listener(0, 1));
    d.exited(worker(0, 1));
    d.forget_orders();
    d.advance(1s);
    CHECK(d.decider().spares().all().size() == 1);
}

TEST_CASE("spares that die have a brake of their own, and are told") {
    Driver d(with_spares(1));
    d.started();
    std::uint32_t number = 1;
    MonoTime begun = d.now();
    for (; d.now() < begun + 10min; ++number) {
        while (d.decider().spares().find(number) == nullptr && d.now() < begun + 10min) {
            d.advance(100ms);
        }
        if (d.decider().spares().find(number) != nullptr) {
            d.exited(spare(number));
            CHECK(d.announced("spare-failed"));
            d.recorded(spare(number));
        }
    }
    CHECK(number > 5);
    CHECK(number < 40);
    CHECK(d.front_is<Serving>());
    CHECK_FALSE(d.slot().brake.holds(d.now()));
    CHECK(d.slot().next_generation == 2);
}

TEST_CASE("one that is not ready within start.timeout is ended as such") {
    Driver d(with_spares(1));
    d.started();
    d.advance(1ms);
    d.forget_orders();
    d.advance(29s);
    CHECK(d.orders().empty());
    d.advance(1s);
    CHECK(d.told("spare-failed").text == "it was not ready within start.timeout");
    CHECK(d.orders() == "kill spare.1");
    d.exited(spare(1));
    CHECK(d.orders() == "record spare.1 after start-timeout; launch spare.2");
}

} // namespace recycler::slots
