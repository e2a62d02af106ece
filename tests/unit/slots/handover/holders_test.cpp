// SPDX-License-Identifier: MIT
// A listener that an outsider holds, too, is not handed on from one worker to the next.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

constexpr const char* k_who = "python3 (pid 5544, uid 33)";

// Nobody answers looks at holders but the test.
Driver unanswered(HandoverMode handover = HandoverMode::queue) {
    Driver driver = serving(handover, 2);
    driver.answer_no_look_at_holders();
    return driver;
}

} // namespace

TEST_CASE("a handover that hands the listener on waits for a look at who holds it") {
    for (const auto handover : {HandoverMode::queue, HandoverMode::close}) {
        CAPTURE(static_cast<int>(handover));
        Driver driver = unanswered(handover);
        driver.recycle(0);
        CHECK(driver.count<LookHolders>() == 1);
        CHECK(driver.waits_for() == "a look at who else holds its listener");
        CHECK(driver.front_is<Serving>());
        driver.forget_orders();
        driver.tell(HoldersSeen{listener(0, 1)});
        CHECK(driver.orders() == (handover == HandoverMode::queue ? "park 0.1" : "hide 0/1"));
    }
}

TEST_CASE("a look that is not answered in time holds nobody up, and is ordered once") {
    Driver driver = unanswered();
    driver.recycle(0);
    driver.advance(k_holders_look - 1ms);
    CHECK(driver.count<LookHolders>() == 1);
    CHECK(driver.front_is<Serving>());
    driver.advance(1ms);
    CHECK(driver.front_is<Parking>());
}

TEST_CASE("an outsider that is seen late, when the worker parks already, makes it serve on") {
    Driver driver = unanswered();
    driver.recycle(0);
    driver.advance(k_holders_look);
    driver.forget_orders();
    driver.tell(HoldersSeen{listener(0, 1), k_who});
    CHECK(driver.orders() == "unpark 0.1; thaw 0.1; open apart 0/2; launch 0.2 on 0/2");
    CHECK(driver.slot().due->trigger == Trigger::operator_);
}

TEST_CASE("one that may reach memory.max meanwhile does not wait for the look") {
    policies::Policy policy = policy_with(HandoverMode::queue);
    policy.recycle.memory = 64_MiB;
    policy.memory.max = 96_MiB;
    Driver driver(policy, 2);
    driver.answer_no_look_at_holders();
    driver.started(10ms);
    for (std::uint64_t i = 0; i <= 16; ++i) { // 400 MiB a second
        driver.sampled(worker(0, 1), Bytes{i * (4_MiB).count});
        driver.advance(10ms);
    }
    CHECK(driver.front_is<Parking>());
    CHECK_FALSE(driver.saw<LookHolders>());
}

TEST_CASE("an overlap hands no listener on and needs no look") {
    Driver driver = unanswered(HandoverMode::overlap);
    driver.recycle(0);
    CHECK(driver.saw<Launch>());
    CHECK_FALSE(driver.saw<LookHolders>());
}

TEST_CASE("where an outsider holds the listener, the handover overlaps onto a fresh one apart") {
    for (const auto handover : {HandoverMode::queue, HandoverMode::close}) {
        CAPTURE(static_cast<int>(handover));
        Driver driver = serving(handover, 2);
        driver.outsider(listener(0, 1), k_who);
        driver.recycle(0);
        const std::string text = driver.told("trouble").text;
        CHECK(text.starts_with("python3 (pid 5544, uid 33) is none of the app's workers and holds "
                               "their listener"));
        CHECK(driver.orders() == "open apart 0/2; launch 0.2 on 0/2");
        driver.ready(worker(0, 2));
        CHECK(driver.orders() == "show 0/2");
        driver.advance(10ms);
        CHECK(driver.orders() == "hide 0/1");
        driver.advance(10ms);
        driver.queued(listener(0, 1)); // what waits in the old one is worked off first
        CHECK(driver.orders().empty());
        driver.advance(50ms);
        driver.idle(listener(0, 1));
        CHECK(driver.orders() == "stop 0.1");
        driver.exited(worker(0, 1));
        CHECK(driver.orders() == "close 0/1; answer 1 done; record 0.1 after recycle for operator");
        CHECK(driver.slot().listener == listener(0, 2));
    }
}

TEST_CASE("the fresh listener is as any other: the next handover looks anew and hands it on") {
    Driver driver = serving(HandoverMode::queue, 2);
    driver.outsider(listener(0, 1), k_who);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.recycle(0, 2);
    CHECK(driver.count<LookHolders>() == 1);
    CHECK(driver.orders() == "park 0.2");
}

TEST_CASE("without the right to show it, the fresh one joins and all are steered to it") {
    Driver driver = serving(HandoverMode::queue, 1, {.can_show = false});
    driver.outsider(listener(0, 1), k_who);
    driver.recycle(0);
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
}

TEST_CASE("a listener that a dead worker leaves to the next is looked at") {
    for (const auto handover : {HandoverMode::queue, HandoverMode::overlap}) {
        CAPTURE(static_cast<int>(handover));
        Driver driver = unanswered(handover);
        driver.exited(worker(0, 1));
        CHECK(driver.last<LookHolders>().listener == listener(0, 1));
        driver.forget_orders();
        SUBCASE("while the next one starts") {
            driver.tell(HoldersSeen{listener(0, 1), k_who});
            CHECK(driver.orders().empty()); // its start is not wasted
            driver.ready(worker(0, 2));
        }
        SUBCASE("or serves already") {
            driver.ready(worker(0, 2));
            driver.forget_orders();
            driver.tell(HoldersSeen{listener(0, 1), k_who});
        }
        CHECK(driver.orders() == "open apart 0/2; launch 0.3 on 0/2");
        CHECK(driver.slot().due->trigger == Trigger::listener);
    }
}

TEST_CASE("one that was passed after the look is found when its worker has ended") {
    Driver driver = serving(HandoverMode::queue, 2);
    driver.recycle(0);
    driver.outsider(listener(0, 1), k_who);
    driver.parked(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "open apart 0/2; launch 0.3 on 0/2; answer 1 done");
}

TEST_CASE("nobody looks where no listener is handed on") {
    Driver driver = unanswered(HandoverMode::overlap);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));                        // retired
    driver.exited(worker(1, 1), Ending::never_started); // it had no chance to pass it
    CHECK_FALSE(driver.saw<LookHolders>());
}

TEST_CASE("an outsider is told of once, and forgotten when it lets go") {
    Driver driver = unanswered();
    driver.recycle(0);
    driver.tell(HoldersSeen{listener(0, 1), k_who});
    driver.forget_orders();
    driver.tell(HoldersSeen{listener(0, 1), k_who});
    CHECK_FALSE(driver.announced("trouble"));
    driver.exited(worker(0, 2)); // its replacement, which never became ready
    driver.tell(HoldersSeen{listener(0, 1)});
    CHECK_FALSE(driver.slot().held);
}

TEST_CASE(
    "workers that pass on each of their listeners are replaced no faster than the brake lets") {
    Driver driver = serving(HandoverMode::queue, 1);
    std::uint32_t generation = 1;
    std::size_t launches = 0;
    for (int round = 0; round < 200; ++round) {
        driver.outsider(driver.slot().listener, k_who);
        driver.exited(worker(0, generation), Ending::served);
        driver.advance(50ms);
        launches += driver.count<Launch>();
        driver.forget_orders();
        const Worker* next = worker_of(driver.slot().front);
        generation = next == nullptr ? generation : next->id.generation;
        if (driver.slot().successor) {
            generation = driver.slot().successor->worker.id.generation;
        }
        driver.ready(worker(0, generation));
    }
    CHECK(launches > 3);
    CHECK(launches < 30); // in ten seconds
}
