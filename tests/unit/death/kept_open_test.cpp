// SPDX-License-Identifier: MIT
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <doctest/doctest.h>

using namespace recycler::death;

namespace {

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a drain that ran out over connections kept open tells of them and of no request") {
    Evidence evidence = ordered(killed_by(SIGTERM), Purpose::drain_cut, StopSent{SIGTERM});
    evidence.at_end = Activity::busy;
    evidence.kept_open = 3;
    const Explanation told = explain(evidence);
    CHECK(told.verdict == Verdict::drain_cut);
    CHECK(holds(told.sentence, "3 connections open, no request begun on them"));
    CHECK(holds(told.sentence, "No request was cut off, unless one arrived at that very moment."));
    CHECK(holds(told.next.value_or(""), "keepalive_timeout"));
    evidence.kept_open = 1;
    CHECK(holds(explain(evidence).sentence, "1 connection open, no request begun on it"));
}

TEST_CASE("what dies with a connection open on which nothing was begun was busy for all we know") {
    Evidence evidence = killed_by(SIGSEGV);
    evidence.at_end = Activity::busy;
    evidence.kept_open = 1;
    const Explanation told = explain(evidence);
    CHECK(told.verdict == Verdict::crashed);
    CHECK(holds(told.sentence, "while it was busy with a request"));
}
