// SPDX-License-Identifier: MIT
#include "tests/unit/slots/spares/spares.hpp"

#include <doctest/doctest.h>

namespace recycler::slots {

TEST_CASE("a spare takes the place of a worker that has died, and the next one starts after it") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    d.exited(worker(0, 1));
    CHECK(d.told("spare-taken").text == "it had booted as spare.1");
    CHECK(d.orders() == "launch 0.2 on 0/1 from spare.1; record 0.1 after nothing");
    CHECK(d.slot().gate == Gate::open);
    CHECK(d.decider().spares().all().empty());
    d.advance(3ms);
    CHECK(d.orders().empty());
    d.ready(worker(0, 2));
    CHECK(d.orders() == "launch spare.2");
    CHECK(worker_of(d.slot().front)->spare == 1);
    CHECK(d.decider().learned().start == (200ms).count() * 1'000'000);
}

TEST_CASE("a spare is the successor of an overlap") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    d.recycle(1);
    CHECK(d.orders() == "open 1/2 beside 1/1; launch 1.2 on 1/2 from spare.1");
    d.ready(worker(1, 2));
    CHECK(d.orders() == "steer 1/2 to 1; launch spare.2");
}

TEST_CASE("an overlap needs no memory for a worker that is there already") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    d.sampled(worker(0, 1), 50_MiB, 20);
    d.sampled(worker(1, 1), 50_MiB, 20);
    d.tell(WorkerSampled{spare(1), {.at = d.now(), .bloat = 50_MiB, .current = 50_MiB}});
    d.room(Bytes{0});
    d.advance(1s);
    d.recycle(0);
    CHECK(d.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2 from spare.1");
}

TEST_CASE("an overlap without memory waits for a spare that starts") {
    Driver d(with_spares(1), 2);
    d.room(60_MiB);
    d.advance(200ms);
    d.ready(worker(0, 1));
    d.sampled(worker(0, 1), 50_MiB, 20);
    d.ready(worker(1, 1));
    d.sampled(worker(1, 1), 50_MiB, 20);
    d.advance(1s);
    d.forget_orders();
    REQUIRE(d.decider().spares().starting(0));
    d.recycle(0);
    d.advance(1s);
    CHECK(d.orders().empty());
    CHECK(d.waits_for() == k_waits_for_room);
    d.ready(spare(1));
    d.advance(1s);
    CHECK(d.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2 from spare.1");
}

TEST_CASE("the brake holds a spare back as it holds a new process, and no other one follows while "
          "it does") {
    policies::Policy policy = with_spares(1);
    policy.restart.burst = 1;
    Driver d(policy, 2);
    let_wait(d);
    d.exited(worker(0, 1), Ending::served);
    CHECK(d.orders() == "launch 0.2 on 0/1 from spare.1; record 0.1 after nothing");
    d.ready(worker(0, 2));
    CHECK(d.orders() == "launch spare.2");
    d.ready(spare(2));
    d.exited(worker(0, 2), Ending::served); // the second one within the span: braked
    CHECK(d.announced("braked"));
    CHECK(d.orders() == "hide 0/1; record 0.2 after nothing");
    CHECK(d.front_is<Vacant>());
    d.advance(500ms);
    CHECK(d.orders().find("launch") == std::string::npos);
    d.advance(1s);
    CHECK(d.orders().find("launch 0.3 on 0/1 from spare.2") != std::string::npos);
}

TEST_CASE("a start that has failed is braked, whether a spare waits or not") {
    policies::Policy policy = with_spares(2);
    policy.restart.burst = 1;
    Driver d(policy);
    let_wait(d);
    d.ready(spare(2));
    d.exited(worker(0, 1));
    d.forget_orders();
    d.exited(worker(0, 2)); // which was spare 1, and never came to its slot
    CHECK(d.announced("braked"));
    CHECK(d.front_is<Vacant>());
    d.advance(2s);
    CHECK(d.orders().find("launch 0.3 on 0/1 from spare.2") != std::string::npos);
}

TEST_CASE("many workers that end at once take their turns; a spare takes none") {
    Driver d(with_spares(1), 40);
    let_wait(d);
    for (std::uint16_t i = 0; i < 40; ++i) {
        d.exited(worker(i, 1));
    }
    CHECK(d.orders().find("launch 0.2 on 0/1 from spare.1") != std::string::npos);
    CHECK(d.front_is<Starting>(0));
    CHECK(d.front_is<Vacant>(39));
}

TEST_CASE("a spare that had ended when it was given a slot is that slot's worker that ends") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    d.exited(worker(0, 1));
    d.forget_orders();
    d.exited(spare(1)); // seen before the order was carried out
    CHECK(d.orders() == "launch 0.3 on 0/1; record 0.2 after nothing");
}

TEST_CASE("a worker that left by itself is followed by a spare at once") {
    Driver d(with_spares(1));
    let_wait(d);
    d.exited(worker(0, 1), Ending::left);
    CHECK(d.orders() == "launch 0.2 on 0/1 from spare.1; record 0.1 after nothing");
}

} // namespace recycler::slots
