// SPDX-License-Identifier: MIT
#include "tests/unit/slots/spares/spares.hpp"

#include <doctest/doctest.h>

namespace recycler::slots {

namespace {

void recycle_all(Driver& d, RequestId request) {
    std::vector<SlotId> all;
    for (const Slot& slot : d.decider().slots()) {
        all.push_back(slot.id);
    }
    d.tell(RecycleRequested{request, all});
}

void reload(Driver& d, RequestId request) {
    d.tell(PolicyChanged{.policy = d.decider().policy(),
                         .added = {},
                         .removed = {},
                         .workers_change = true,
                         .request = request});
}

} // namespace

TEST_CASE("before all workers are recycled a fresh spare is tried, which serves the first slot") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    recycle_all(d, 5);
    CHECK(d.orders() == "kill spare.1");
    d.exited(spare(1));
    CHECK(d.orders() == "record spare.1 after recycle for operator; launch spare.2");
    d.advance(10s);
    CHECK(d.orders().empty());
    CHECK(d.waits_for(0) == "not due");
    d.ready(spare(2));
    CHECK(d.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2 from spare.2");
    CHECK(d.waits_for(1) != "not due");
}

TEST_CASE("a spare that does not boot stops the recycle before it has touched anybody") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    recycle_all(d, 5);
    d.exited(spare(1));
    d.forget_orders();
    SUBCASE("it ends") {
        d.exited(spare(2));
        CHECK(d.last<Reply>().failed == spare(2));
    }
    SUBCASE("it is not ready in time") {
        d.advance(31s);
        CHECK(d.saw<KillWorker>());
        CHECK(d.last<KillWorker>().worker == spare(2));
    }
    CHECK(d.last<Reply>().outcome == Outcome::refused);
    CHECK(d.last<Reply>().reason.starts_with("no worker was replaced"));
    CHECK(d.announced("trial-failed"));
    for (std::uint16_t slot = 0; slot < 2; ++slot) {
        CHECK(d.front_is<Serving>(slot));
        CHECK(d.waits_for(slot) == "not due");
        CHECK(d.slot(slot).next_generation == 2);
    }
}

TEST_CASE("a changed policy is tried, too, and whoever waits for it is told") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    reload(d, 9);
    CHECK(d.decider().is_tried_for(9));
    CHECK(d.orders() == "kill spare.1");
    d.exited(spare(1));
    CHECK(d.orders() == "record spare.1 after recycle for policy; launch spare.2");
    SUBCASE("it boots") {
        d.ready(spare(2));
        CHECK(d.orders() == "answer 9 done; open 0/2 beside 0/1; launch 0.2 on 0/2 from spare.2");
        CHECK_FALSE(d.decider().is_tried_for(9));
    }
    SUBCASE("it does not") {
        d.exited(spare(2), Ending::never_started);
        CHECK(d.last<Reply>().request == 9);
        CHECK(d.last<Reply>().outcome == Outcome::refused);
        d.advance(1min);
        CHECK(d.waits_for(0) == "not due");
        CHECK(d.waits_for(1) == "not due");
    }
}

TEST_CASE("a worker that dies amid a trial is replaced without it") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    recycle_all(d, 5);
    d.exited(spare(1));
    d.forget_orders();
    d.exited(worker(1, 1));
    CHECK(d.orders().find("launch 1.2 on 1/1;") != std::string::npos);
    d.ready(worker(1, 2));
    d.forget_orders();
    d.ready(spare(2));
    CHECK(d.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2 from spare.2");
}

TEST_CASE("one slot alone is recycled without a trial") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    d.recycle(1);
    CHECK(d.orders() == "open 1/2 beside 1/1; launch 1.2 on 1/2 from spare.1");
}

TEST_CASE("without memory, or where no spare can be, all are recycled without a trial") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    SUBCASE("no memory") {
        d.sampled(worker(0, 1), 50_MiB, 20);
        d.room(Bytes{0});
        d.advance(1s);
        d.forget_orders();
        recycle_all(d, 5);
        d.exited(spare(1));
        CHECK(d.told("spare-untried").text == "there is no memory for one more worker");
    }
    SUBCASE("it cannot wait") {
        recycle_all(d, 5);
        d.exited(spare(1));
        d.tell(SpareUnfit{spare(2), "it is an event loop"});
    }
    SUBCASE("not known in time") {
        d.room(std::nullopt);
        d.advance(1s);
        recycle_all(d, 5);
        d.exited(spare(1));
        d.advance(4s);
        CHECK(d.waits_for(0) == "not due");
        d.advance(1s);
        CHECK(d.announced("spare-untried"));
    }
    CHECK(d.waits_for(1) != "not due");
}

TEST_CASE("slots whose workers keep ending are started at once: there is nothing to lose") {
    policies::Policy policy = with_spares(1);
    policy.restart.burst = 1;
    Driver d(policy, 2);
    d.started();
    d.exited(worker(0, 1));
    d.exited(worker(0, 2));
    REQUIRE(d.slot(0).brake.holds(d.now()));
    d.forget_orders();
    recycle_all(d, 5);
    CHECK(d.orders().find("launch 0.3 on 0/1") != std::string::npos);
    CHECK(d.waits_for(1) != "not due");
}

TEST_CASE("what is asked amid a trial begins it anew, and all are answered") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    recycle_all(d, 5);
    d.exited(spare(1));
    recycle_all(d, 6);
    CHECK(d.orders().find("kill spare.2") != std::string::npos);
    d.exited(spare(2));
    CHECK_FALSE(d.saw<Reply>());
    CHECK(d.orders().find("launch spare.3") != std::string::npos);
    d.tell(CallerGone{5});
    d.exited(spare(3));
    CHECK(d.count<Reply>() == 1);
    CHECK(d.last<Reply>().request == 6);
}

TEST_CASE("a policy that is not tried ends a trial, and no worker is spared") {
    Driver d(with_spares(1), 2);
    let_wait(d);
    recycle_all(d, 5);
    d.exited(worker(1, 1)); // and its next one does not come
    d.exited(worker(1, 2));
    REQUIRE(d.slot(1).unattended);
    d.forget_orders();
    reload(d, 0);
    CHECK(d.waits_for(0) != "not due");
    CHECK_FALSE(d.saw<Reply>());
}

TEST_CASE("an app that stops amid a trial refuses it") {
    Driver d(with_spares(1));
    let_wait(d);
    recycle_all(d, 5);
    d.forget_orders();
    d.tell(StopRequested{});
    CHECK(d.last<Reply>().request == 5);
    CHECK(d.last<Reply>().reason == "the app is stopping");
}

TEST_CASE("spares that are switched off amid a trial end it, and all are recycled") {
    Driver d(with_spares(1));
    let_wait(d);
    recycle_all(d, 5);
    d.forget_orders();
    d.tell(PolicyChanged{.policy = with_spares(0), .added = {}, .removed = {}});
    CHECK(d.waits_for(0) != "not due");
}

} // namespace recycler::slots
