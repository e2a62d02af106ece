// SPDX-License-Identifier: MIT
#include "recycler/controller/calls/unit_status.hpp"

#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;
using namespace std::chrono_literals;
using slots::Driver;

using keeper::AppPhase;

namespace {

constexpr WorkerId id(std::uint16_t slot, std::uint32_t generation) {
    return {{slot}, generation};
}
constexpr MonoTime at(Duration since_boot) {
    return MonoTime{since_boot};
}

SlotTable slots_from_7000(std::uint16_t count) {
    std::vector<policies::Address> addresses;
    for (std::uint16_t i = 0; i < count; ++i) {
        addresses.emplace_back(
            policies::TcpAddress{"127.0.0.1", static_cast<std::uint16_t>(7000 + i)});
    }
    return SlotTable(addresses);
}

struct App {
    explicit App(std::uint16_t count, policies::Policy policy = {})
        : slots(slots_from_7000(count)), driver(std::move(policy), count) {}

    std::optional<UnitState> news() {
        return unit_status.news(driver.decider(), slots, driver.now());
    }
    std::string text() {
        driver.advance(1s);
        const auto told = news();
        return told ? told->text : "";
    }

    SlotTable slots;
    Driver driver;
    UnitStatus unit_status;
};

control::EventLine ended(const std::string& verdict) {
    return {.event = "ended", .members = {{"verdict", verdict}, {"sentence", "x"}}};
}

} // namespace

TEST_CASE("an app is ready when each slot serves or has shown that it cannot yet") {
    App app(2);
    const auto first = app.news();
    REQUIRE(first);
    CHECK(first->phase == AppPhase::starting);
    CHECK(first->text == "2 starting");
    CHECK(first->until == app.driver.now() + 60s + 15s);
    CHECK_FALSE(app.news()); // nothing new
    app.driver.ready(id(0, 1));
    CHECK_FALSE(app.news()); // other words within a second
    app.driver.exited(id(1, 1));
    const auto ready = app.news(); // a phase is told at once
    REQUIRE(ready);
    CHECK(ready->phase == AppPhase::serving);
    CHECK(ready->text == "1 serving, 1 starting");
    CHECK_FALSE(ready->until);
    app.driver.exited(id(0, 1)); // and never taken back
    CHECK(app.text() == "2 starting");
}

TEST_CASE("an app whose workers never get ready is called ready after start.timeout") {
    policies::Policy policy;
    policy.start.timeout = 5s;
    App app(1, policy);
    CHECK(app.news()->phase == AppPhase::starting);
    app.driver.advance(5s);
    CHECK(app.news()->phase == AppPhase::serving);
}

TEST_CASE("the text tells first what asks for somebody") {
    App app(6);
    app.driver.started();
    CHECK(app.text() == "6 serving");
    for (std::uint32_t generation = 1; generation <= 6; ++generation) {
        for (std::uint16_t slot = 0; slot < 5; ++slot) {
            app.driver.exited(id(slot, generation));
        }
    }
    CHECK(describe(app.driver.decider(), app.slots, {.died = 1}, app.driver.now()) ==
          "7000, 7001, 7002 and 2 more braked; 1 serving; 1 died in the last hour");
}

TEST_CASE("workers that drain are counted beside those that serve for them") {
    App app(1, slots::policy_with(policies::HandoverMode::overlap));
    app.driver.started();
    app.driver.recycle(0);
    CHECK(app.text() == "1 serving, 1 starting");
    app.driver.ready(id(0, 2));
    CHECK(app.text() == "1 serving, 1 draining");
}

TEST_CASE("a stop is a phase of its own, with the end that the policy sets") {
    policies::Policy policy;
    policy.start.timeout = 10s;
    policy.drain.timeout = 20s;
    policy.drain.stop_timeout = 3s;
    App app(1, policy);
    app.driver.started();
    CHECK(app.news());
    app.driver.tell(slots::StopRequested{});
    const auto stopping = app.news();
    REQUIRE(stopping);
    CHECK(stopping->phase == AppPhase::stopping);
    CHECK(stopping->until == app.driver.now() + 48s);
    CHECK(stopping->text == "stopping; 1 draining");
}

TEST_CASE("ends are counted for an hour, also those of a controller before") {
    App app(1);
    app.driver.started();
    app.unit_status.heard(ended("recycled"), app.driver.now(), 0s);
    app.unit_status.heard(ended("recycled"), app.driver.now(), 0s);
    app.unit_status.heard(ended("stopped"), app.driver.now(), 0s); // nobody minds
    app.unit_status.heard({.event = "started"}, app.driver.now(), 0s);
    CHECK(app.text() == "1 serving; 2 recycled in the last hour");
    LastHour last_hour;
    last_hour.recycled(at(60min));
    last_hour.recycled(at(119min));
    CHECK(last_hour.counts(at(119min + 59s)).recycled == 2);
    CHECK(last_hour.counts(at(120min)).recycled == 1);
    CHECK(last_hour.counts(at(179min)).recycled == 0);
    last_hour.died(at(180min)); // in the place of one that is too old
    CHECK(last_hour.counts(at(180min)).recycled == 0);
    CHECK(last_hour.counts(at(180min)).died == 1);
}
