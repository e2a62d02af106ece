// SPDX-License-Identifier: MIT
#include "recycler/explain/history_builder.hpp"
#include "recycler/explain/same_app.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::at;
using told::end;
using told::event;
using told::Told;

namespace {

control::EventLine with(control::EventLine line, const char* name, control::EventValue value) {
    line.members.emplace_back(name, std::move(value));
    return line;
}

control::EventLine without_worker(control::EventLine line) {
    line.generation.reset();
    return line;
}

Closing only_closing(Told& told) {
    const History history = told.history();
    REQUIRE(history.closings().size() == 1);
    return history.closings().front();
}

} // namespace

TEST_CASE("what follows the closing of a gate says what it was closed for") {
    const auto closed = event("2026-11-23T12:00:00Z", "gate-closed", "7000");
    SUBCASE("a drain") {
        Told told;
        told.take(closed)
            .take(event("2026-11-23T12:00:00Z", "draining", "7000"))
            .take(event("2026-11-23T12:00:01Z", "drained", "7000"))
            .take(event("2026-11-23T12:09:00Z", "gate-opened", "7000"));
        const Closing closing = only_closing(told);
        CHECK(closing.what_for == ClosedFor::drain);
        CHECK(closing.from == at("2026-11-23T12:00:00Z"));
        CHECK(closing.until == at("2026-11-23T12:09:00Z"));
    }
    SUBCASE("a recycle, with its trigger") {
        Told told;
        told.take(with(closed, "trigger", "memory"))
            .take(with(event("2026-11-23T12:00:00Z", "draining", "7000"), "trigger", "memory"))
            .take(with(event("2026-11-23T12:00:01Z", "stopping", "7000"), "trigger", "memory"))
            .take(event("2026-11-23T12:00:02Z", "gate-opened", "7000"));
        const Closing closing = only_closing(told);
        CHECK(closing.what_for == ClosedFor::recycle);
        CHECK(closing.trigger == "memory");
    }
    SUBCASE("the end of a hung worker") {
        Told told;
        told.take(closed).take(event("2026-11-23T12:00:00Z", "stopping", "7000"));
        CHECK(only_closing(told).what_for == ClosedFor::hung);
    }
    SUBCASE("the end of a stuck worker") {
        Told told;
        told.take(closed)
            .take(event("2026-11-23T12:00:00Z", "stopping", "7000"))
            .take(told::stuck("2026-11-23T12:00:01Z", "7000", std::chrono::seconds(60)))
            .take(event("2026-11-23T12:00:02Z", "gate-opened", "7000"));
        CHECK(only_closing(told).what_for == ClosedFor::stuck);
    }
    SUBCASE("a death after which the next one starts slowly") {
        Told told;
        told.take(without_worker(closed))
            .take(event("2026-11-23T12:00:03Z", "gate-opened", "7000"));
        CHECK(only_closing(told).what_for == ClosedFor::restart);
    }
    SUBCASE("the brake") {
        Told told;
        told.take(without_worker(closed))
            .take(without_worker(event("2026-11-23T12:00:00Z", "braked", "7000")));
        CHECK(only_closing(told).what_for == ClosedFor::brake);
    }
    SUBCASE("the end of the app, which ends the closing") {
        Told told;
        told.take(closed)
            .take(event("2026-11-23T12:00:00Z", "draining", "7000"))
            .take(event("2026-11-23T12:00:01Z", "stopping", "7000"))
            .take(event("2026-11-23T12:00:02Z", "stopped"));
        const Closing closing = only_closing(told);
        CHECK(closing.what_for == ClosedFor::stop);
        CHECK(closing.until == at("2026-11-23T12:00:02Z"));
    }
}

TEST_CASE("files may come in any order, and an end that stands in two of them is one") {
    Told told;
    told.take(event("2026-11-23T12:09:00Z", "gate-opened", "7000"))
        .take(end("2026-11-23T13:00:00Z", "7000", "crashed"))
        .take(end("2026-11-23T11:00:00Z", "7000", "killed"))
        .take(event("2026-11-23T12:00:00Z", "draining", "7000"))
        .take(event("2026-11-23T11:59:59Z", "gate-closed", "7000"))
        .take(end("2026-11-23T13:00:00Z", "7000", "crashed"));
    const History history = told.history();
    REQUIRE(history.deaths().size() == 2);
    CHECK(history.deaths()[0].verdict == "killed");
    REQUIRE(history.closings().size() == 1);
    CHECK(history.closings()[0].until == at("2026-11-23T12:09:00Z"));
}

TEST_CASE("a worker ended when its age says so, not when its record was written") {
    Told told;
    auto record = end("2026-11-23T12:00:20Z", "7000", "crashed"); // it waited for a core dump
    record.age = std::chrono::seconds(60);
    told.take(with(event("2026-11-23T11:59:01Z", "started", "7000"), "exec_us",
                   std::int64_t{1'000'000}))
        .take(record);
    CHECK(told.history().deaths().front().at == at("2026-11-23T12:00:00Z"));
}

TEST_CASE("a daemon that ended without a word reigned until the last thing that it told") {
    Told told;
    told.take(event("2026-11-23T12:00:00Z", "policy-loaded"))
        .take(event("2026-11-23T14:00:00Z", "app-started"))
        .take(event("2026-11-23T15:00:00Z", "stopped"));
    const History history = told.history();
    REQUIRE(history.reigns().size() == 2);
    CHECK(history.reigns()[0].until == at("2026-11-23T12:00:00Z"));
    CHECK(history.reigns()[1].until == at("2026-11-23T15:00:00Z"));
}

TEST_CASE("a worker of a second daemon did not end when one of the first would have") {
    const auto launched = [](const char* time) {
        return with(event(time, "started", "7000"), "exec_us", std::int64_t{10'000});
    };
    auto record = end("2026-11-29T11:31:15.500Z", "7000", "exited"); // 10.4 s old
    record.age = std::chrono::milliseconds(10'400);
    const auto ended_at = [](Told& told) { return told.history().deaths().front().at; };
    SUBCASE("whichever run told it, its launch is the one that fits best") {
        Told told;
        told.take(launched("2026-11-29T11:30:27.210Z"))
            .take(event("2026-11-29T11:30:50Z", "stopped"))
            .take(event("2026-11-29T11:31:05Z", "app-started"))
            .take(launched("2026-11-29T11:31:05.110Z"))
            .take(record);
        CHECK(ended_at(told) == at("2026-11-29T11:31:15.500Z"));
    }
    SUBCASE("a run is named, and what it launched lies behind its beginning") {
        Told told;
        told.take(launched("2026-11-29T11:30:27.210Z")).take(launched("2026-11-29T11:31:05.000Z"));
        record.at = at("2026-11-29T11:31:40Z"); // it waited for a core dump
        told.builder.take("shop", record, "3900-1795951827000000000");
        told.builder.take("shop", end("2026-11-29T11:31:50Z", "7001", "exited"),
                          "3900-1795951827000000000");
        CHECK(ended_at(told) == at("2026-11-29T11:31:15.390Z"));
    }
    SUBCASE("events of another run are none of its launches") {
        Told told;
        told.builder.take("shop", launched("2026-11-29T11:31:05.000Z"), "7-1");
        told.builder.take("shop", record, "8-1");
        CHECK(ended_at(told) == at("2026-11-29T11:31:15.500Z"));
    }
}

TEST_CASE("what its workers do shows that a daemon lived, although it ended without a word") {
    Told told;
    told.take(event("2026-11-23T11:59:00Z", "started", "7000"))
        .take(event("2026-11-23T14:00:00Z", "app-started"));
    CHECK(told.history().reigns().front().until == at("2026-11-23T11:59:00Z"));
}

TEST_CASE("files of events are of one app if a run, a rotation or a slot joins them") {
    const auto apps = [](std::vector<EventsFile> files) { return first_of_same_app(files); };
    using Firsts = std::vector<std::size_t>;
    CHECK(apps({{"a", {}, {{"7000", ""}}}, {"b", {}, {{"8000", ""}}}}) == Firsts{0, 1});
    CHECK(apps({{"a", {"1-2"}, {}}, {"b", {"1-3"}, {}}, {"c", {"1-2"}, {}}}) == Firsts{0, 1, 0});
    CHECK(apps({{"e.jsonl", {}, {}}, {"e.jsonl.1", {}, {}}, {"e", {}, {}}}) == Firsts{0, 0, 2});
    const EventsFile why{"why", {}, {{"7000", ""}, {"7001", ""}}};
    CHECK(apps({why, {"events", {}, {{"7000", "127.0.0.1:7000"}}}}) == Firsts{0, 0});
    const EventsFile shop{"shop", {}, {{"0.sock", "unix:/run/shop/0.sock"}}};
    const EventsFile blog{"blog", {}, {{"0.sock", "unix:/run/blog/0.sock"}}};
    CHECK(apps({shop, blog}) == Firsts{0, 1});
    // One that joins two groups.
    CHECK(apps({{"x", {"1-1"}, {}}, {"y", {"2-2"}, {}}, {"z", {"1-1", "2-2"}, {}}}) ==
          Firsts{0, 0, 0});
}

TEST_CASE("a slot is found by its address, its port, its socket file, or HAProxy's name for it") {
    HistoryBuilder builder;
    builder.take_slot("shop", "7000", "127.0.0.1:7000");
    builder.take_slot("shop", "7001", "0.0.0.0:7001");
    builder.take_slot("shop", "0.sock", "unix:/run/shop/0.sock");
    builder.take_slot("blog", "0.sock", "unix:/run/blog/0.sock");
    builder.take("shop", event("2026-11-23T12:00:00Z", "ready", "7002"));
    builder.name_server("shop/w0", "127.0.0.1:7000");
    builder.name_server("shop/u0", "unix@/var/run/shop/0.sock");
    const History history = std::move(builder).build();
    const KnownSlots& slots = history.slots();
    CHECK(slots.find_address("127.0.0.1:7000") == 0);
    CHECK(slots.find_address("localhost:7000") == 0);
    CHECK_FALSE(slots.find_address("10.0.0.5:7000")); // another machine's
    CHECK(slots.find_address("10.0.0.5:7001") == 1);
    CHECK(slots.find_address("/run/shop/0.sock") == 2);
    CHECK(slots.find_address("/run/blog/0.sock") == 3);
    CHECK_FALSE(slots.find_address("/run/other/0.sock"));
    CHECK(slots.find_address("10.0.0.5:7002") == 4); // its address is not known
    CHECK_FALSE(slots.find_address("127.0.0.1:9000"));
    CHECK(slots.find_address("[::ffff:127.0.0.1]:7000") == 0);
    CHECK_FALSE(slots.find_address("[::1]:7000"));
    CHECK(slots.find_address("/var/run//shop/./0.sock") == 2);
    CHECK(slots.find_address("unix:///run/shop/0.sock:") == 2);
    CHECK(slots.find_server("shop/w0") == 0);
    CHECK(slots.find_server("shop/u0") == 2);
    CHECK(slots.find_server("shop/w7001") == 1);
    CHECK_FALSE(slots.find_server("shop/web"));
}
