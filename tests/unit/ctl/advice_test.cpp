// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/advice.hpp"

#include "printed_page.hpp"
#include "recycler/ctl/render/death_groups.hpp"
#include "recycler/ctl/render/render.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::ctl;
using namespace std::chrono_literals;
using control::Record;
using pages::has;
using pages::k_style;

namespace {

Record died(const std::string& slot, std::uint32_t generation, Duration ago) {
    Record record = pages::oom_record();
    record.cause = "memory.max";
    record.slot = slot, record.generation = generation, record.at = pages::k_now - ago;
    return record;
}

Record retired_at(Bytes peak, std::uint32_t generation) {
    Record record = pages::recycled_record();
    record.generation = generation;
    record.memory.peak = peak;
    return record;
}

std::string all_of(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& sentence : sentences) {
        text += sentence + "\n";
    }
    return text;
}

} // namespace

TEST_CASE("a limit that is too small for all of them is to be raised, by a figure") {
    const Record record = died("7003", 3, 3min);
    History history{{record}, {record}};
    for (std::uint32_t i = 0; i < 30; ++i) {
        history.ends.push_back(retired_at(i % 2 == 0 ? 230_MiB : 210_MiB, i));
    }
    CHECK(all_of(advice_for(record, history)) ==
          "Raise memory.max to 288M: the last 20 other workers peaked at 230M (median), 230M at "
          "most, which leaves too little room below 256M.\n");
}

TEST_CASE("a large limit is advised to the MiB") {
    Record record = died("7003", 3, 3min);
    record.memory.max = Bytes{1229 * (1_MiB).count};
    History history{{record}, {record}};
    for (std::uint32_t i = 0; i < 3; ++i) {
        history.ends.push_back(retired_at(1000_MiB, i));
    }
    CHECK(all_of(advice_for(record, history)) ==
          "Raise memory.max to 1264M: the last 3 other workers peaked at 1.0G (median), 1.0G at "
          "most, which leaves too little room below 1229M.\n");
}

TEST_CASE("a limit that suits the others is not to be raised for one request") {
    const Record record = died("7003", 3, 3min);
    const History history{
        {record, retired_at(60_MiB, 1), retired_at(70_MiB, 2), retired_at(57_MiB, 3)}, {record}};
    CHECK(all_of(advice_for(record, history)) ==
          "The limit of 256M is not too small for the others: the last 3 other workers peaked at "
          "60M (median), 70M at most; it is this request that needs more.\n");
}

TEST_CASE("too few workers, or those that the kernel stopped growing, tell nothing of a limit") {
    const Record record = died("7003", 3, 3min);
    CHECK(advice_for(record, {{record, retired_at(60_MiB, 1), retired_at(70_MiB, 2)}, {record}})
              .empty());
    CHECK(
        advice_for(record, {{record, died("7000", 1, 1h), died("7001", 1, 1h), died("7002", 1, 1h)},
                            {record}})
            .empty());
}

TEST_CASE("a route that most of them were serving is where to begin") {
    const Record record = died("7003", 3, 3min);
    Record other = died("7004", 1, 1h);
    other.in_flight->uri = "/cart";
    const History history{{}, {record, died("7005", 2, 10min), other}};
    CHECK(all_of(advice_for(record, history)) ==
          "Begin with GET /report: 2 of the 3 workers that ended like this were serving it.\n");
}

TEST_CASE("a core that there is is shown, one that there is not is not") {
    Record record = pages::recycled_record();
    record.verdict = "crashed";
    record.evidence = {{"core", "coredumpctl info COREDUMP_PID=7"}};
    CHECK(all_of(advice_for(record, {})) == "Its core: coredumpctl info COREDUMP_PID=7\n");
    record.evidence = {{"core", "none: limits.core is 0"}};
    CHECK(advice_for(record, {}).empty());
}

TEST_CASE("deaths are grouped by verdict, cause and route, the most harmful first") {
    Record killed = died("7001", 4, 2h);
    killed.verdict = "killed", killed.cause = "SIGKILL from sh";
    Record killed_idle = killed;
    killed_idle.generation = 5, killed_idle.at = pages::k_now - 1min;
    killed_idle.in_flight.reset();
    const auto groups = group_by_cause({killed_idle, died("7003", 3, 3min), died("7004", 1, 1h),
                                        killed, pages::recycled_record()});
    REQUIRE(groups.size() == 2); // what is planned is no death
    CHECK(groups[0].kind == DeathKind{"oom-worker", "memory.max", "GET /report"});
    CHECK(groups[0].deaths == 2);
    CHECK(groups[0].requests_cut == 2);
    CHECK(groups[0].slots == std::set<std::string>{"7003", "7004"});
    CHECK(groups[0].newest.slot == "7003");
    CHECK(groups[0].first == pages::k_now - 1h);
    // Whoever kills from outside hits what happens to run: the route tells nothing.
    CHECK(groups[1].kind == DeathKind{"killed", "SIGKILL from sh", ""});
    CHECK(groups[1].requests_cut == 1);
}

TEST_CASE("the deaths of a day are a page of causes") {
    const History history{{}, {died("7003", 3, 3min), died("7004", 1, 1h)}};
    CHECK(render_overview(history, "in the last day", k_style) ==
          R"(2 workers ended unexpectedly in the last day, 2 requests cut off:

2 x oom-worker, memory.max, GET /report: 2 requests cut off
  slots      7003 7004
  when       the last 3 min ago, the first 1 h ago
  the last   The kernel ended it because it reached its own memory limit of 256
             MiB while it was being drained.
  next       See what that request allocates; raise memory.max, or lower
             recycle.memory so that such a worker is retired in time.
             Begin with GET /report: 2 of the 2 workers that ended like this
             were serving it.

The proof of one: recyclerctl why 7003; each end: recyclerctl why all
)");
    CHECK(render_overview({{}, {pages::recycled_record()}}, "since noon", k_style) ==
          "no worker ended unexpectedly since noon (planned ends: recyclerctl why all)\n");
}

TEST_CASE("what workers wrote cannot steer the terminal from an overview either") {
    Record evil = died("7003", 3, 3min);
    evil.cause = "\x1b[2J", evil.in_flight->uri = "/\x1b]0;x\a", evil.sentence = "\r\n\x9b";
    const std::string page = render_overview({{}, {evil, evil}}, "in the last day", k_style);
    CHECK_FALSE(has(page, "\x1b"));
    CHECK_FALSE(has(page, "\a"));
    CHECK_FALSE(has(page, "\r"));
}

TEST_CASE("why of a slot explains the unexpected end although planned ones came after it") {
    Record later = retired_at(60_MiB, 9);
    later.at = pages::k_now - 1min, later.slot = "7003";
    const std::string page = render_why({later, died("7003", 3, 3min)}, {}, k_style);
    CHECK(page.starts_with("2026-01-09 11:43:38 UTC  7003.9  recycled (age), requests unknown\n\n"
                           "7003.3  oom-worker"));
}

TEST_CASE("of many other ends the latest are shown, and how to see the rest") {
    std::vector<Record> records{died("7003", 40, 3min)};
    for (std::uint32_t i = 0; i < 30; ++i) {
        records.push_back(retired_at(60_MiB, 30 - i));
    }
    const std::string page = render_why(records, {}, k_style);
    CHECK(page.starts_with("older: recyclerctl --json why 7003\n2026-01-09 10:14:38 UTC  7000.21"));
    CHECK(has(page, "7000.30  recycled"));
    CHECK_FALSE(has(page, "7000.20  "));
}
