// SPDX-License-Identifier: MIT
#include "recycler/events/earlier.hpp"

#include "recycler/control/json/json.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;
using namespace std::chrono_literals;

namespace {

control::EventLine event(const std::string& name, std::chrono::seconds at,
                         std::uint32_t generation = 0) {
    return {.at = WallTime(1'700'000'000s + at),
            .event = name,
            .slot = generation > 0 ? std::optional<std::string>("7000") : std::nullopt,
            .generation = generation > 0 ? std::optional(generation) : std::nullopt,
            .members = {}};
}

// As an archive gives them: newest first.
std::vector<std::string> lines_of(std::vector<control::EventLine> events) {
    std::vector<std::string> lines;
    std::ranges::reverse(events);
    for (const auto& each : events) {
        lines.push_back(control::to_json(each));
    }
    return lines;
}

std::string names(const std::vector<control::EventLine>& events) {
    std::string text;
    for (const auto& each : events) {
        text += each.event + std::to_string(each.generation.value_or(0)) + " ";
    }
    return text;
}

} // namespace

TEST_CASE("what is remembered is not told twice, and all else is, whatever the clock said") {
    // It went five hours ahead, and seven back.
    const auto lines = lines_of({event("app-started", 0s), event("ready", 1s, 1),
                                 event("ready", 5h, 2), event("controller-replaced", 5h + 1s),
                                 event("ready", -2h, 3), event("ready", -2h + 1s, 4)});
    const std::deque<control::EventLine> remembered{
        event("controller-replaced", 5h + 1s), event("ready", -2h, 3), event("ready", -2h + 1s, 4)};
    for (const Reach reach : {Reach::this_daemon, Reach::all}) {
        CHECK(names(what_was_before(lines, remembered, reach).events) ==
              "ready2 ready1 app-started0 ");
    }
}

TEST_CASE("a daemon's own past begins with its start, or where the one before it stopped") {
    const auto lines = lines_of({event("app-started", 0s), event("ready", 1s, 1),
                                 event("app-started", 10s), event("ready", 11s, 1)});
    CHECK(names(what_was_before(lines, {}, Reach::this_daemon).events) == "ready1 app-started0 ");
    CHECK(names(what_was_before(lines, {}, Reach::all).events) ==
          "ready1 app-started0 ready1 app-started0 ");
    const auto untold =
        lines_of({event("ready", 1s, 1), event("stopped", 2s), event("ready", 11s, 1)});
    CHECK(names(what_was_before(untold, {}, Reach::this_daemon).events) == "ready1 ");
}

TEST_CASE("an event that happened twice in one instant is told twice") {
    const auto lines = lines_of({event("trouble", 1s), event("trouble", 1s)});
    CHECK(what_was_before(lines, {event("trouble", 1s)}, Reach::all).events.size() == 1);
    CHECK(what_was_before({"{}", "no JSON"}, {}, Reach::all).events.empty());
}
