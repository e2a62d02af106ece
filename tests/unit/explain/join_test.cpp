// SPDX-License-Identifier: MIT
#include "recycler/explain/join.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::at;
using told::end;
using told::event;
using told::Told;

namespace {

Entry said(Said what, const char* time, const char* address, const char* uri = "") {
    return {.at = at(time),
            .span = std::chrono::seconds(1),
            .said = what,
            .address = address,
            .uri = uri,
            .attempts = 1};
}

std::string verdict_of(const History& history, const Explanation& why) {
    return why.death ? history.deaths()[*why.death].verdict : std::string(to_string(why.cause));
}

} // namespace

TEST_CASE("of two deaths in one second the one with that request is the cause") {
    Told told;
    told.take(end("2026-11-23T12:00:00.100Z", "7000", "crashed", "/a"))
        .take(end("2026-11-23T12:00:00.900Z", "7000", "oom-worker", "/b"));
    const History history = told.history();
    Join join(history);
    const auto explain = [&](const char* uri) {
        return verdict_of(
            history, join.explain(said(Said::died, "2026-11-23T12:00:00Z", "127.0.0.1:7000", uri)));
    };
    CHECK(explain("/b") == "oom-worker");
    CHECK(explain("/a") == "crashed");
}

TEST_CASE("who waited where no worker could be started is found by when it was turned away") {
    Told told;
    auto line = event("2026-11-23T12:00:10.020Z", "turned-away", "7000");
    line.members.emplace_back("count", std::int64_t{3});
    line.members.emplace_back("text", std::string("3 requests that waited for a worker are lost"));
    told.take(end("2026-11-23T12:00:00Z", "7000", "crashed", "/a")).take(line);
    const History history = told.history();
    Join join(history);
    const auto why = join.explain(said(Said::died, "2026-11-23T12:00:10Z", "127.0.0.1:7000", "/b"));
    CHECK(verdict_of(history, why) == "turned-away");
    CHECK(history.deaths()[*why.death].sentence == "3 requests that waited for a worker are lost");
    CHECK(verdict_of(history, join.explain(said(Said::died, "2026-11-23T12:00:05Z",
                                                "127.0.0.1:7000", "/b"))) == "unexplained");
}

TEST_CASE("lines without a request are shared out among the deaths of that second") {
    Told told;
    told.take(end("2026-11-23T12:00:00.100Z", "7000", "crashed"))
        .take(end("2026-11-23T12:00:00.900Z", "7000", "killed"));
    const History history = told.history();
    Join join(history);
    for (int i = 0; i < 4; ++i) {
        (void)join.explain(said(Said::died, "2026-11-23T12:00:00Z", "127.0.0.1:7000"));
    }
    CHECK(join.explained() == std::vector<std::uint32_t>{2, 2});
}

TEST_CASE("a death of another slot, or of another second, is no cause") {
    Told told;
    told.take(end("2026-11-23T12:00:00Z", "7000", "crashed"))
        .take(event("2026-11-23T12:00:00Z", "ready", "7001"));
    const History history = told.history();
    Join join(history);
    CHECK(join.explain(said(Said::died, "2026-11-23T12:00:00Z", "127.0.0.1:7001")).cause ==
          Cause::bad_answer);
    CHECK(join.explain(said(Said::died, "2026-11-23T12:00:05Z", "127.0.0.1:7000")).cause ==
          Cause::unexplained);
    CHECK(join.explain(said(Said::died, "2026-11-23T12:00:00Z", "127.0.0.1:9000")).cause ==
          Cause::other_upstream);
    CHECK(join.explain(said(Said::died, "2026-11-22T12:00:00Z", "127.0.0.1:7000")).cause ==
          Cause::no_history);
}

TEST_CASE("a line that names no backend is joined by time, and by its request") {
    Told told;
    told.take(end("2026-11-23T12:00:00Z", "7000", "crashed", "/a"))
        .take(end("2026-11-23T12:00:00.010Z", "7001", "killed", "/b"));
    const History history = told.history();
    Join join(history);
    CHECK(verdict_of(history, join.explain(said(Said::died, "2026-11-23T12:00:00Z", "", "/b"))) ==
          "killed");
}

TEST_CASE("a refused connection is our gate, the brake, no daemon, or not explained") {
    Told told;
    told.take(event("2026-11-23T12:00:00Z", "gate-closed", "7000"))
        .take(event("2026-11-23T12:00:00Z", "draining", "7000"))
        .take(event("2026-11-23T12:01:00Z", "gate-opened", "7000"))
        .take(event("2026-11-23T13:00:00Z", "stopped"));
    const History history = told.history();
    Join join(history);
    const auto cause = [&](const char* time) {
        return join.explain(said(Said::refused, time, "127.0.0.1:7000")).cause;
    };
    CHECK(cause("2026-11-23T12:00:30Z") == Cause::gate);
    CHECK(cause("2026-11-23T11:59:59Z") == Cause::gate); // closed within that second
    CHECK(cause("2026-11-23T12:30:00Z") == Cause::unexplained);
    CHECK(cause("2026-11-23T13:00:05Z") == Cause::no_daemon);
}

TEST_CASE("of two closings within a line's second the longer one is the cause") {
    Told told;
    told.take(event("2026-11-23T12:00:00.100Z", "gate-closed", "7000"))
        .take(event("2026-11-23T12:00:00.100Z", "draining", "7000"))
        .take(event("2026-11-23T12:00:00.700Z", "gate-opened", "7000"))
        .take(event("2026-11-23T12:00:00.900Z", "gate-closed", "7000"))
        .take(event("2026-11-23T12:00:00.900Z", "stopping", "7000"))
        .take(event("2026-11-23T12:00:05Z", "gate-opened", "7000"));
    const History history = told.history();
    Join join(history);
    const auto closing = [&](const char* time) {
        const Explanation why = join.explain(said(Said::refused, time, "127.0.0.1:7000"));
        REQUIRE(why.closing);
        return history.closings()[*why.closing].what_for;
    };
    CHECK(closing("2026-11-23T12:00:00Z") == ClosedFor::drain);
    CHECK(closing("2026-11-23T12:00:01Z") == ClosedFor::hung);
}

TEST_CASE("a timeout is the hung request itself, one that waits behind it, or a slow one") {
    Told told;
    auto hung = end("2026-11-23T12:06:00Z", "7000", "hung", "/hang");
    hung.in_flight->seconds = std::chrono::seconds(360);
    told.take(hung);
    const History history = told.history();
    Join join(history);
    const auto explain = [&](const char* time, const char* address, const char* uri) {
        return verdict_of(history, join.explain(said(Said::timed_out, time, address, uri)));
    };
    CHECK(explain("2026-11-23T12:01:00Z", "127.0.0.1:7000", "/hang") == "hung");
    CHECK(explain("2026-11-23T12:01:00Z", "127.0.0.1:7000", "/other") == "hung");
    CHECK(explain("2026-11-23T12:01:00Z", "", "/hang") == "hung");
    CHECK(explain("2026-11-23T11:01:00Z", "127.0.0.1:7000", "/hang") == "slow");
    CHECK(explain("2026-11-23T12:01:00Z", "", "/other") == "slow");
}

TEST_CASE("what the balancer does about a backend has the cause of the lines before") {
    Told told;
    told.take(end("2026-11-23T12:00:00Z", "7000", "crashed"));
    const History history = told.history();
    Join join(history);
    const auto explain = [&](Said what, const char* time, const char* address) {
        return verdict_of(history, join.explain(said(what, time, address)));
    };
    CHECK(explain(Said::put_back, "2026-11-23T11:59:50Z", "127.0.0.1:7000") == "balancer");
    CHECK(explain(Said::died, "2026-11-23T12:00:00Z", "127.0.0.1:7000") == "crashed");
    CHECK(explain(Said::all_down, "2026-11-23T12:00:01Z", "") == "crashed");
    CHECK(explain(Said::put_back, "2026-11-23T12:00:02Z", "127.0.0.1:7000") == "crashed");
    CHECK(explain(Said::put_back, "2026-11-23T12:30:02Z", "127.0.0.1:7000") == "balancer");
}
