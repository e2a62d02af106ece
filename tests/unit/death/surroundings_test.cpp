// SPDX-License-Identifier: MIT
#include "recycler/death/words/surroundings.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;
using namespace std::chrono_literals;

namespace {

std::string row(const Circumstances& circumstances, std::string_view name) {
    std::vector<Fact> facts;
    list_circumstances(circumstances, facts);
    const auto found = std::ranges::find_if(facts, [&](const Fact& f) { return f.name == name; });
    return found == facts.end() ? "(absent)" : found->value;
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

const Filled k_full{.count = 1024, .limit = 1024, .before_end = 300ms};

} // namespace

TEST_CASE("a life reads as age, bloat and requests") {
    Circumstances c;
    CHECK(row(c, "over its life") == "unknown: it ended before the first measurement");
    c.life = {{200ms, 57_MiB, 0}, {10min, 80_MiB, 1200}, {1h, 143_MiB, std::nullopt}};
    CHECK(row(c, "over its life") == "0.20s 57 MiB/0, 10min 80 MiB/1200, 1h 143 MiB/?");
    c.life_seen_from = 5min;
    CHECK(says(row(c, "over its life"), "(nothing before 5min is known: another controller"));
}

TEST_CASE("counts stand beside their limits, with the time of the look") {
    Circumstances c;
    c.open_files = Filled{.count = 1021, .limit = 1024, .before_end = 900ms};
    c.tasks = Filled{.count = 7, .before_end = 2s};
    c.tasks_refused = std::uint64_t{3};
    CHECK(row(c, "open files") == "1021 of 1024, 0.90s before its end");
    CHECK(row(c, "threads and processes") == "7, 2s before its end");
    CHECK(row(c, "threads and processes refused") == "3");
}

TEST_CASE("growth during the request tells from where to where, and only when there was one") {
    Circumstances c;
    CHECK(row(c, "growth during the request") == "(absent)");
    c.request = RequestGrowth{.before = 32_MiB, .before_it = 400ms, .most = 128_MiB};
    CHECK(row(c, "growth during the request") ==
          "96 MiB, from 32 MiB, seen 0.40s before it began, to 128 MiB at most");
    CHECK(request_growth_in_words(c) ==
          " It had grown by 96 MiB during that request, from 32 MiB.");
    c.request = Unread{"it was not measured"};
    CHECK(row(c, "growth during the request") == "unknown: it was not measured");
    CHECK(request_growth_in_words(c).empty());
    Evidence e = with_oom(serving(killed_by(SIGKILL)), OomV2{1, 1, 0});
    e.circumstances.request = RequestGrowth{.before = 32_MiB, .most = 256_MiB};
    CHECK(says(explain(e).sentence, " It had grown by 224 MiB during that request, from 32 MiB."));
}

TEST_CASE("pressure tells the last seconds and the whole life") {
    Circumstances c;
    c.memory_pressure = Pressure{.lately = 12.34, .in_all = 3400ms};
    CHECK(row(c, "memory pressure") == "12.3 % of its last 10s, 3.4s over its life");
}

TEST_CASE("memory of the app and of the machine stands beside what there is") {
    Circumstances c;
    c.app_memory = Room{.used = 297_MiB, .limit = 300_MiB, .before_end = 400ms};
    c.host_memory = Room{.used = 7_GiB, .limit = 8_GiB, .swap_free = Bytes{0}, .before_end = 400ms};
    CHECK(row(c, "memory of the app") == "297 MiB of 300 MiB, 0.40s before its end");
    CHECK(row(c, "memory of the machine") ==
          "7 GiB of 8 GiB, 0 B of swap free, 0.40s before its end");
    c.app_memory = Room{.used = 297_MiB, .before_end = 400ms};
    CHECK(row(c, "memory of the app") == "297 MiB used, 0.40s before its end");
}

TEST_CASE("what could not be read says why, in printable words") {
    Circumstances c;
    CHECK(row(c, "open files") == "unknown");
    c.io_pressure = Unread{"cgroup v1 counts none"};
    CHECK(row(c, "io pressure") == "unknown: cgroup v1 counts none");
    c.io_pressure = Unread{"a\nb"};
    CHECK(row(c, "io pressure") == "unknown: a\\x0ab");
}

TEST_CASE("a worker that exits when its open files had run out is told so, and has not left") {
    Evidence e = exited(0);
    REQUIRE(explain(e).verdict == Verdict::left);
    e.circumstances.open_files = k_full;
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::exited);
    CHECK(says(told.sentence, "Its open files were 1024 of 1024 (limits.nofile) 0.30s before."));
    CHECK(says(*told.next, "raise limits.nofile"));
    CHECK(says(explain(killed_by(SIGABRT)).sentence, "crashed"));
    Evidence aborted = killed_by(SIGABRT);
    aborted.circumstances.open_files = k_full;
    CHECK(says(explain(aborted).sentence, "Its open files were 1024 of 1024"));
}

TEST_CASE("a signal that needs no search for its sender says whose it was") {
    const auto sender = [](const Evidence& e) {
        const auto facts = explain(e).evidence;
        return std::ranges::find(facts, std::string("sender of the signal"), &Fact::name)->value;
    };
    CHECK(sender(ordered(killed_by(SIGTERM), Purpose::recycle, StopSent{SIGTERM})) ==
          "Recycler, as ordered");
    CHECK(sender(with_oom(killed_by(SIGKILL), OomV2{1, 1, 0})) == "the kernel, for memory");
    Evidence e = killed_by(SIGKILL);
    e.why_not.sender = k_no_signal_shown;
    CHECK(sender(e) == "unknown: the kernel showed none");
}

TEST_CASE("files count as run out a little below their limit, and never without one") {
    const auto hint = [](std::uint64_t count, std::optional<std::uint64_t> limit) {
        Circumstances c;
        c.open_files = Filled{.count = count, .limit = limit};
        return hint_for_exhaustion(c).has_value();
    };
    CHECK(hint(1000, 1024));
    CHECK(hint(973, 1024));
    CHECK_FALSE(hint(960, 1024));
    CHECK_FALSE(hint(1000, std::nullopt));
    CHECK_FALSE(hint(0, 0));
    CHECK(hint(UINT64_MAX, UINT64_MAX));
}

TEST_CASE("a worker that was refused a process and exits is told so, with the limit") {
    Evidence e = serving(exited(1));
    e.circumstances.tasks = Filled{.count = 60, .limit = 64, .before_end = 1s};
    e.circumstances.tasks_refused = std::uint64_t{0};
    CHECK_FALSE(says(explain(e).sentence, "limits.pids"));
    e.circumstances.tasks_refused = std::uint64_t{2};
    CHECK(says(explain(e).sentence, "The kernel had refused it a thread or process 2 times, "
                                    "because of limits.pids (64)."));
    CHECK(says(*explain(e).next, "raise limits.pids"));
}
