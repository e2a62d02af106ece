// SPDX-License-Identifier: MIT
#include "recycler/events/event_budget.hpp"

#include "recycler/events/event_kinds.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;
using namespace std::chrono_literals;

namespace {

const WallTime k_noon{12h};

control::EventLine line_of(const char* event, Duration since, const char* slot = "7012") {
    return {.at = k_noon + since, .event = event, .slot = slot, .generation = 3};
}

control::EventLine end_of(const char* verdict, Duration since) {
    control::Record record;
    record.verdict = verdict;
    record.slot = "7012";
    record.at = k_noon + since;
    return ended(record);
}

int admitted(EventBudget& budget, const control::EventLine& line, int count) {
    int told = 0;
    for (int i = 0; i < count; ++i) {
        told += budget.admits(line) ? 1 : 0;
    }
    return told;
}

} // namespace

TEST_CASE("of what a worker causes at will so many are told in a minute, the rest as one line") {
    EventBudget budget;
    CHECK(admitted(budget, line_of("child-died", 0s), 100) == k_lines_a_minute);
    CHECK(budget.rest(k_noon + 59s).empty());
    const auto rest = budget.rest(k_noon + 60s);
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].event == "more");
    CHECK(rest[0].slot == "7012");
    CHECK(in_words(rest[0], "shop").ends_with(": 70 more child-died"));
    CHECK(budget.rest(k_noon + 60s).empty());
    CHECK(admitted(budget, line_of("child-died", 60s), 100) == k_lines_a_minute);
}

TEST_CASE("each slot and each event has a budget of its own") {
    EventBudget budget;
    for (const char* event : {"child-died", "starting", "started", "ready"}) {
        CHECK(admitted(budget, line_of(event, 0s), 40) == k_lines_a_minute);
        CHECK(admitted(budget, line_of(event, 0s, "7013"), 30) == k_lines_a_minute);
    }
    const auto rest = budget.rest(k_noon + 1min);
    REQUIRE(rest.size() == 1);
    CHECK(member(rest[0], "text") ==
          "10 more child-died, 10 more ready, 10 more started, 10 more starting");
}

TEST_CASE("ends that somebody should look at are always told, and so is all that was ordered") {
    EventBudget budget;
    for (const char* verdict : {"crashed", "exited", "start-failed", "recycled", "later-word"}) {
        CHECK(admitted(budget, end_of(verdict, 0s), 1000) == 1000);
    }
    for (const char* event : {"braked", "handed-over", "trouble", "uncontained"}) {
        CHECK(admitted(budget, line_of(event, 0s), 1000) == 1000);
    }
    CHECK(admitted(budget, {.at = k_noon, .event = "child-died"}, 1000) == 1000); // no slot
    CHECK(admitted(budget, end_of("left", 0s), 1000) == k_lines_a_minute);
}

TEST_CASE("what is left at the end is told then, and nothing is told of who kept within it") {
    EventBudget budget;
    CHECK(admitted(budget, line_of("ready", 0s), 30) == 30);
    CHECK(budget.all_rest(k_noon + 1s).empty());
    CHECK(admitted(budget, line_of("ready", 2s), 31) == 30);
    CHECK(budget.all_rest(k_noon + 3s).size() == 1);
    CHECK(budget.all_rest(k_noon + 3s).empty());
}

TEST_CASE("a slow stream is told whole, and a clock that is set back begins a new minute") {
    EventBudget budget;
    for (int i = 0; i < 500; ++i) {
        CHECK(budget.admits(line_of("child-died", i * 2s)));
    }
    CHECK(admitted(budget, line_of("child-died", 0s), 100) == k_lines_a_minute);
    CHECK(budget.rest(k_noon - 1h).size() == 1);
    CHECK(budget.admits(line_of("child-died", -1h)));
}
