// SPDX-License-Identifier: MIT
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

Evidence stood(Unserved unserved) {
    Evidence e = ordered(killed_by(SIGTERM), Purpose::stuck, StopSent{SIGTERM});
    e.order->trigger = Trigger::stuck;
    e.unserved = unserved;
    return e;
}

Thread blocked(WaitedKind kind, std::string call = "read") {
    return {.id = 7,
            .name = "app",
            .state = 'S',
            .call = std::move(call),
            .waits_for = {{kind, 5, ""}},
            .cpu_share = 0.0};
}

std::string fact_of(const Explanation& told, std::string_view name) {
    for (const Fact& fact : told.evidence) {
        if (fact.name == name) {
            return fact.value;
        }
    }
    return "(none)";
}

} // namespace

TEST_CASE("a worker that never came back to accept() is stuck, and nothing was lost") {
    Evidence e = stood({.lasted = std::chrono::seconds(60), .waited = 3});
    e.threads = {blocked(WaitedKind::other, "futex")};
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::stuck);
    CHECK(told.cause == "recycle.stuck");
    CHECK(told.trigger == Trigger::stuck);
    CHECK(mentions(told.sentence, "for 1min it served nobody, and accepted none of those in its "
                                  "queue (3 connections at the end) after 12 requests."));
    CHECK(mentions(told.sentence, "It waits for a lock (futex)."));
    CHECK(mentions(told.sentence, "The next worker serves the queue; nothing "
                                  "was lost."));
    CHECK(mentions(told.next.value_or(""), "raise recycle.stuck"));
    CHECK(fact_of(told, "served nobody for") == "1min");
    CHECK(fact_of(told, "waited in its queue") == "3 connections");
    CHECK(fact_of(told, "had taken meanwhile") == "none");
    CHECK(fact_of(told, "our order") == "end it as stuck, sent SIGTERM");
}

TEST_CASE("a connection on which nothing comes is told, and is no lost request") {
    Evidence e = stood({.lasted = std::chrono::seconds(60), .waited = 1, .held = 1});
    e.threads = {blocked(WaitedKind::client)};
    const Explanation told = explain(e);
    CHECK(mentions(told.sentence, "It had accepted 1 connection without a request."));
    CHECK(mentions(told.sentence,
                   "It waits for a request on a connection that it has accepted (read of fd 5)."));
    CHECK(mentions(told.sentence, "closed with it, and none of them had a complete request."));
    CHECK(mentions(told.next.value_or(""), "who connects to this worker"));
}

TEST_CASE("half a request is told, and is no lost request either") {
    Evidence e = serving(stood({.lasted = std::chrono::seconds(60), .waited = 1, .half = 1}));
    e.threads = {blocked(WaitedKind::client)};
    e.threads.front().waits_for.front().awaited = Awaited::input;
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::stuck);
    CHECK(mentions(told.sentence,
                   "It had accepted 1 request of which only the beginning had arrived."));
    CHECK(mentions(told.sentence, "waits for the rest of its request"));
    CHECK(mentions(told.sentence, "none of them had a complete request"));
}

TEST_CASE("a request that began in the moment of the end is told as cut off") {
    const Explanation told =
        explain(serving(stood({.lasted = std::chrono::seconds(60), .waited = 1})));
    CHECK(told.verdict == Verdict::stuck);
    CHECK(
        mentions(told.sentence, "At that very moment it had begun GET /cart, which was cut off."));
}

TEST_CASE("one that was stopped says so") {
    Evidence e = stood({.lasted = std::chrono::seconds(60), .waited = 1});
    e.threads = {Thread{.id = 7, .name = "app", .state = 'T'}};
    const Explanation told = explain(e);
    CHECK(mentions(told.sentence, "It is stopped, by a signal such as SIGSTOP or by a debugger."));
    CHECK(mentions(told.next.value_or(""), "send it SIGCONT"));
}

TEST_CASE("what the kernel did, or it itself, comes before that it was stuck") {
    Evidence e = stood({.lasted = std::chrono::seconds(60), .waited = 1});
    e.status = Signalled{.signal = SIGSEGV};
    CHECK(explain(e).verdict == Verdict::crashed);
}
