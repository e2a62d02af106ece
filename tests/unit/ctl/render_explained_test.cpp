// SPDX-License-Identifier: MIT
#include "recycler/ctl/arguments.hpp"
#include "recycler/ctl/input/host_zone.hpp"
#include "recycler/ctl/render/explained.hpp"
#include "tests/unit/ctl/command_line.hpp"

#include <doctest/doctest.h>
#include <sstream>

using namespace recycler;
using namespace recycler::ctl;

namespace {

WallTime at(int second) {
    return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) +
           std::chrono::hours(17) + std::chrono::seconds(second);
}

control::ExplainedLog some_log() {
    control::ExplainedLog log;
    log.files = {"error.log"};
    log.first = at(0);
    log.last = at(50);
    log.lines = {.all = 1300,
                 .of_backends = 1234,
                 .explained = 1230,
                 .not_ours = 3,
                 .beside = 51,
                 .unparsed = 12};
    log.history.sources = {"events.jsonl"};
    log.causes = {{.cause = "oom-worker",
                   .standing = "explained",
                   .lines = 1230,
                   .attempts = 615,
                   .first = at(1),
                   .last = at(40),
                   .places = {{"7012.3", "GET /reports?" + std::string(200, 'x'), 1230}}},
                  {.cause = "unexplained",
                   .standing = "unexplained",
                   .lines = 4,
                   .first = at(1),
                   .last = at(2),
                   .places = {{"7000", "connection refused", 4}}}};
    log.deaths = {{"7012.3", "oom-worker", at(1), 1230, "7012.3 outgrew it. There is more."}};
    log.unparsed = {"rubbish \x1b[2J"};
    return log;
}

} // namespace

TEST_CASE("what a log tells fits a terminal, and nothing in it moves the cursor") {
    const std::string text = render_explained(some_log(), {.width = 80});
    CHECK(text.find("oom-worker   1,230   99 %    615  17:00:01  17:00:40\n"
                    "             1,230  7012.3 GET /reports?xxx") != std::string::npos);
    CHECK(text.find("Explained 99 % of 1,234 lines") != std::string::npos);
    CHECK(text.find("12 lines could not be read, such as:\n  rubbish \\x1b[2J") !=
          std::string::npos);
    CHECK(text.find("7012.3 outgrew it.\n") != std::string::npos);
    CHECK(text.find("There is more") == std::string::npos);
    std::istringstream lines(text.substr(text.find("\nCAUSE")));
    for (std::string line;
         std::getline(lines, line) && line.find("could not be read") == std::string::npos;) {
        CAPTURE(line);
        CHECK(line.size() <= 80);
    }
}

TEST_CASE("how far the clocks are apart is said, and who says so") {
    control::ExplainedLog log = some_log();
    CHECK(render_explained(log, {}).find("clock") == std::string::npos);
    log.offset = std::chrono::seconds(-90);
    CHECK(render_explained(log, {}).find("1 min 30 s behind the workers', as you say.") !=
          std::string::npos);
    log.offset = std::chrono::hours(1);
    log.offset_lines = 9;
    CHECK(render_explained(log, {}).find("1 h ahead of the workers' (9 lines say so).") !=
          std::string::npos);
}

TEST_CASE("without a history that is said") {
    control::ExplainedLog log = some_log();
    log.history.sources.clear();
    CHECK(render_explained(log, {}).find("There is no history of the workers") !=
          std::string::npos);
}

TEST_CASE("the words of explain become its command") {
    const auto told = parsed({"explain", "a.log", "b.log.gz", "--events", "e1", "--events", "e2",
                              "--offset", "-3s", "--since", "2h", "--lines"});
    REQUIRE(std::holds_alternative<Invocation>(told));
    const auto& explain = std::get<Explain>(std::get<Invocation>(told).command);
    CHECK(explain.files == std::vector<std::string>{"a.log", "b.log.gz"});
    CHECK(explain.events == std::vector<std::string>{"e1", "e2"});
    CHECK(explain.offset == Duration(std::chrono::seconds(-3)));
    CHECK(explain.since == Since(Duration(std::chrono::hours(2))));
    CHECK_FALSE(explain.until);
    CHECK(explain.lines == Lines::shown);
    CHECK(std::get<Told>(parsed({"explain"})).exit_code == 2);
    CHECK(std::get<Told>(parsed({"explain", "-", "--until", "soon"})).exit_code == 2);
}

TEST_CASE("a zone of this machine has the changes that it had") {
    const auto zone = host_zone("Europe/Berlin");
    if (!zone) {
        return; // no time zones are installed
    }
    const auto change =
        std::chrono::sys_days(std::chrono::year(2026) / 10 / 25) + std::chrono::hours(1);
    bool found = false;
    for (const explain::ZoneChange& each : *zone) {
        found |= each.since == change && each.ahead == std::chrono::hours(1);
    }
    CHECK(found);
    CHECK_FALSE(host_zone("Mars/Olympus"));
    CHECK_FALSE(host_zone("../../etc/passwd"));
    CHECK(host_zone("UTC")->front().ahead == std::chrono::hours(0));
}
