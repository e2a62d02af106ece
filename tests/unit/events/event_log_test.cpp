// SPDX-License-Identifier: MIT
// What has happened, as it is remembered, told and kept; the archive is one in memory.
#include "recycler/events/event_log.hpp"

#include "tests/unit/events/kept_in_memory.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;
using namespace std::chrono_literals;

namespace {

constexpr WallTime k_today{Duration(12h)};

control::EventLine event_at(const std::string& event, WallTime at = k_today) {
    return {.at = at, .event = event, .members = {}};
}

control::EventLine event_of_slot(const std::string& event, WallTime at) {
    return {.at = at, .event = event, .slot = "7012", .generation = 3, .members = {}};
}

control::Record end_of(std::uint32_t generation, const std::string& verdict,
                       WallTime at = k_today) {
    return {.verdict = verdict,
            .trigger = {},
            .sentence = verdict,
            .at = at,
            .slot = "7012",
            .generation = generation};
}

std::string names_of(const std::deque<control::EventLine>& events) {
    std::string all;
    for (const control::EventLine& each : events) {
        all += (all.empty() ? "" : " ") + each.event;
    }
    return all;
}

struct Log {
    Log() : loop(*systemd::EventLoop::create()) {
        log.follow([this](const control::EventLine& each) { heard.push_back(each); });
    }

    // Until `is_over`, for what a child process reads.
    void run_until(const bool& is_over) {
        while (!is_over) {
            REQUIRE(loop.run_once(10s));
        }
    }
    void recall(const std::vector<EventLog::Ended>& ended) {
        bool done = false;
        log.recall(k_today - 1h, ended, [&done] { done = true; });
        run_until(done);
    }

    systemd::EventLoop loop;
    Archive archive;
    EventLog log{loop, std::make_unique<KeptInMemory>(archive), "keeper"};
    std::deque<control::EventLine> heard;
};

} // namespace

TEST_CASE("what happens is remembered, kept and told to whoever follows, in its order") {
    Log app;
    for (const char* event : {"app-started", "drained", "opened"}) {
        app.log.happened(event_at(event));
    }
    CHECK(names_of(app.log.events()) == "app-started drained opened");
    CHECK(names_of(app.heard) == "app-started drained opened");
    CHECK(app.archive.events == std::vector<std::string>{"app-started", "drained", "opened"});
}

TEST_CASE("a record is kept once, and followers hear of it as the event ended") {
    Log app;
    app.log.record(end_of(3, "crashed"));
    CHECK(app.archive.records ==
          std::vector<std::pair<std::string, std::string>>{{"7012.3", "crashed"}});
    CHECK(app.archive.events.empty()); // the record stands for it
    CHECK(names_of(app.heard) == "ended");
}

TEST_CASE("the last end of a slot is that of its youngest worker, in whatever order they come") {
    Log app;
    CHECK_FALSE(app.log.last_end("7012"));
    app.log.record(end_of(4, "crashed"));
    app.log.record(end_of(3, "recycled"));
    REQUIRE(app.log.last_end("7012"));
    CHECK(app.log.last_end("7012")->generation == 4);
    CHECK_FALSE(app.log.last_end("7013"));
}

TEST_CASE("of all that happened the last thousand are remembered, and all are kept") {
    Log app;
    for (int count = 0; count < 1003; ++count) {
        app.log.happened(event_at("e" + std::to_string(count)));
    }
    REQUIRE(app.log.events().size() == 1000);
    CHECK(app.log.events().front().event == "e3");
    CHECK(app.log.events().back().event == "e1002");
    CHECK(app.archive.events.size() == 1003);
}

TEST_CASE("what goes beyond a slot's budget is neither kept nor told but counted in one line") {
    Log app;
    for (std::uint32_t count = 0; count < k_lines_a_minute + 5; ++count) {
        app.log.happened(event_of_slot("child-died", k_today));
    }
    CHECK(app.archive.events.size() == k_lines_a_minute);
    CHECK(app.heard.size() == k_lines_a_minute);
    app.log.tell_rest(k_today + 59s);
    CHECK(app.heard.size() == k_lines_a_minute); // its minute is not over
    app.log.tell_rest(k_today + 61s);
    REQUIRE(app.heard.size() == k_lines_a_minute + 1);
    CHECK(app.heard.back().event == "more");
    CHECK(app.archive.events.back() == "more");
}

TEST_CASE("what was not told stands before what happens next, and all of it at the end") {
    Log app;
    for (std::uint32_t count = 0; count <= k_lines_a_minute; ++count) {
        app.log.happened(event_of_slot("child-died", k_today));
    }
    SUBCASE("another event comes") {
        app.log.happened(event_at("drained", k_today + 2min));
        CHECK(app.heard[k_lines_a_minute].event == "more");
        CHECK(app.heard.back().event == "drained");
    }
    SUBCASE("the daemon ends within the minute") {
        app.log.tell_all_rest(k_today + 1s);
        CHECK(app.heard.back().event == "more");
    }
}

TEST_CASE("what controllers before have kept comes back in front of what happened since") {
    Log app;
    app.archive.before = {control::to_json(event_at("drained", k_today - 1min)),
                          control::to_json(end_of(3, "crashed", k_today - 2min)),
                          control::to_json(event_at("app-started", k_today - 3min))};
    app.log.happened(event_at("controller-replaced"));
    CHECK_FALSE(app.log.recalled());
    app.recall({});
    CHECK(app.log.recalled());
    CHECK(names_of(app.log.events()) == "app-started drained controller-replaced");
    REQUIRE(app.log.last_end("7012"));
    CHECK(app.log.last_end("7012")->verdict == "crashed");
    CHECK(names_of(app.heard) == "controller-replaced"); // nobody is told a second time
}

TEST_CASE("a record that a controller before has kept is found by its worker") {
    Log app;
    app.archive.records_of_before = {std::nullopt, control::to_json(end_of(4, "killed"))};
    app.recall({{"7012", 3}, {"7012", 4}});
    CHECK_FALSE(app.log.recorded("7012", 3));
    REQUIRE(app.log.recorded("7012", 4));
    CHECK(app.log.recorded("7012", 4)->verdict == "killed");
    CHECK_FALSE(app.log.recorded("7012", 5));
}

TEST_CASE("who asks why is answered from memory and archive, newest first and each end once") {
    Log app;
    app.log.record(end_of(4, "crashed", k_today));
    app.archive.before = {control::to_json(end_of(4, "crashed", k_today)),
                          control::to_json(end_of(3, "hung", k_today - 1min)),
                          control::to_json(end_of(2, "recycled", k_today - 2min))};
    bool done = false;
    std::string answer;
    app.log.why({.slot = "7012"}, {.is_there = [] { return true; },
                                   .answer =
                                       [&](Result<std::string> message) {
                                           done = true;
                                           answer = message ? *message : "no answer";
                                       }});
    app.run_until(done);
    const auto crashed = answer.find("\"crashed\"");
    const auto hung = answer.find("\"hung\"");
    REQUIRE(crashed != std::string::npos);
    REQUIRE(hung != std::string::npos);
    CHECK(crashed < hung);
    CHECK(answer.find("\"generation\":4") == answer.rfind("\"generation\":4"));
}

TEST_CASE("another report file is told to the archive") {
    Log app;
    app.log.write_to("/var/lib/recycler/shop/other.jsonl");
    CHECK(app.archive.written_to == "/var/lib/recycler/shop/other.jsonl");
}
