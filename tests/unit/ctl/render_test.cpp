// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/render.hpp"

#include "printed_page.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::ctl;
using namespace std::chrono_literals;
using pages::has;
using pages::k_style;

TEST_CASE("an end is explained: verdict, sentence, proof, what to do next; others in a line") {
    CHECK(render_why({pages::recycled_record(), pages::oom_record()}, {}, k_style) ==
          R"(2026-01-09 10:14:38 UTC  7000.6  recycled (age), requests unknown

7003.3  oom-worker  2026-01-09 11:41:38 UTC (3 min ago)  pid 30206
  The kernel ended it because it reached its own memory limit of 256 MiB while
  it was being drained.
  trigger    memory
  life       served 1,386 requests in 2 h 3 min
  in flight  GET /report?month=1\x1b[2J for 12 s
  memory     bloat 250M, peak 256M, max 256M, +146K per request
  proof      signal: SIGKILL
             memory.events oom_kill: 1 (was 0)
  stderr     | building report
             | café: 100%
  next       See what that request allocates; raise memory.max, or lower
             recycle.memory so that such a worker is retired in time.
)");
}

TEST_CASE("of many ends those that were planned take one line, the others say what to do") {
    auto again = pages::recycled_record();
    again.generation = 5;
    again.requests = 1;
    again.age = 12h;
    CHECK(render_ends({pages::oom_record(), pages::recycled_record(), again}, k_style) ==
          R"(2026-01-09 10:14:38 UTC  7000.5  recycled (age), served 1 request in 12 h
2026-01-09 10:14:38 UTC  7000.6  recycled (age), requests unknown

7003.3  oom-worker  2026-01-09 11:41:38 UTC (3 min ago)
  The kernel ended it because it reached its own memory limit of 256 MiB while
  it was being drained.
  next       See what that request allocates; raise memory.max, or lower
             recycle.memory so that such a worker is retired in time.
)");
}

TEST_CASE("threads that do the same stand together, apart from the proof") {
    auto record = pages::recycled_record();
    record.evidence = {{"signal", "SIGKILL"},
                       {"thread 7 (ruby)", "sleeping in futex"},
                       {"thread 8 (db)", "running"},
                       {"thread 9 (t\x1b)", "sleeping in futex"}};
    CHECK(has(render_why({record}, {}, k_style), R"(
  proof      signal: SIGKILL
  threads    7 (ruby), 9 (t\x1b): sleeping in futex
             8 (db): running
)"));
}

TEST_CASE("where nothing has ended that is said") {
    CHECK(render_why({}, {}, k_style) == "nothing has ended\n");
}

TEST_CASE("an event is one line, whatever is in it") {
    const control::EventLine line{pages::k_now,
                                  "gate-closed",
                                  "7012",
                                  3u,
                                  {{"trigger", std::string("memory")},
                                   {"bloat", std::int64_t{12}},
                                   {"uri", std::string("/a b\n")},
                                   {"sentence", std::string("It will drain.")},
                                   {"x", 0.5},
                                   {"y", true},
                                   {"z", std::monostate{}}}};
    CHECK(render_event(line, k_style) ==
          "2026-01-09 11:44:38 UTC  7012.3    gate-closed trigger=memory bloat=12 "
          "uri=\"/a b\\n\" x=0.5 y=yes z=?  It will drain.\n");
    CHECK(render_event({pages::k_now, "reloaded", std::nullopt, std::nullopt, {}}, k_style) ==
          "2026-01-09 11:44:38 UTC            reloaded\n");
}

TEST_CASE("a person reads the unit of an event's member beside the number") {
    const control::EventLine line{pages::k_now,
                                  "started",
                                  std::nullopt,
                                  std::nullopt,
                                  {{"exec_us", std::int64_t{39469}},
                                   {"age_s", std::int64_t{90}},
                                   {"wait_ms", std::int64_t{5}},
                                   {"growth_bytes", std::int64_t{1 << 20}},
                                   {"shrunk_bytes", std::int64_t{-1}},
                                   {"text_s", "x"},
                                   {"long_s", INT64_MAX}}};
    const std::string text = render_event(line, k_style);
    CHECK_MESSAGE(pages::has(text, "exec=39.5ms age=1min 30s wait=5ms growth=1.0M shrunk_bytes=-1 "
                                   "text_s=x long="),
                  text);
}

TEST_CASE("an order is answered slot by slot") {
    CHECK(render_order({{{"7012", "drained", std::nullopt}, {"7013", "draining", "1 request"}}},
                       k_style) == "7012  drained\n7013  draining  1 request\n");
}

TEST_CASE("progress counts what is done and names what each other slot waits for") {
    const std::vector<control::Progress> slots{
        {"7012", "drained", std::nullopt},
        {"7013", "draining", "1 request in flight for 12 s: GET /\x1b[2J" + std::string(80, 'a')},
        {"8", "waiting", "for another slot"},
        {"9", "waiting", "for another slot"}};
    CHECK(render_progress(slots, {k_style, 24}) ==
          R"(1 of 4 slots done; Ctrl-C ends only the waiting
7013  draining  1 request in flight for 12 s: GET /\x1b[2Jaaaaaaaaaaaaaaaaaaa...
8     waiting  for another slot
9     waiting  for another slot
)");
    CHECK(render_progress(slots, {k_style, 4}) ==
          R"(1 of 4 slots done; Ctrl-C ends only the waiting
7013  draining  1 request in flight for 12 s: GET /\x1b[2Jaaaaaaaaaaaaaaaaaaa...
8     waiting  for another slot
and 1 more
)");
    CHECK(render_progress({slots[0]}, {k_style, 24}) == "1 of 1 slot done\n");
}

TEST_CASE("a page that is drawn again overwrites the one before and never scrolls") {
    CHECK(redrawn("a\nbc\n", 24) == "\x1b[Ha\x1b[K\nbc\x1b[K\n\x1b[J");
    CHECK(redrawn("a\nb\nc\nd\n", 4) == "\x1b[Ha\x1b[K\nb\x1b[K\n... 2 more lines\x1b[K\n\x1b[J");
    CHECK(redrawn("", 4) == "\x1b[H\x1b[J");
}

TEST_CASE("a reload says what it changes, or that nothing changes") {
    CHECK(render_reload({{"memory.max: 256 MiB -> 300 MiB"}}, k_style) ==
          "memory.max: 256 MiB -> 300 MiB\n");
    CHECK(render_reload({}, k_style) == "the policy is unchanged\n");
}

TEST_CASE("only verdicts that are news are painted as bad") {
    for (const char* verdict : {"recycled", "stopped", "left"}) {
        CHECK(paint_for_verdict(verdict) == Paint::plain);
    }
    for (const char* verdict : {"oom-worker", "crashed", "unknown", "a-newer-one"}) {
        CHECK(paint_for_verdict(verdict) == Paint::bad);
    }
}
