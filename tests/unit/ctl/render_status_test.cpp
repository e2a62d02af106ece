// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/render.hpp"

#include "printed_page.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::ctl;
using namespace std::chrono_literals;
using pages::has;

namespace {

std::string page(std::size_t width, const control::Snapshot& snapshot = pages::morning()) {
    return render_status(snapshot, Style{width, Colours::off, pages::k_now});
}

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0, length = 0;
    for (const char byte : text) {
        length = byte == '\n' ? 0 : length + 1;
        longest = std::max(longest, length);
    }
    return longest;
}

} // namespace

TEST_CASE("in 80 columns the notes of a slot stand below it") {
    CHECK(page(80) ==
          R"(shop: 2 of 5 slots serving, 1 replacing, 1 drained, 1 braked
recyclerd 0.1.0, keeper pid 811, controller pid 812; requests 25,294, recycled
189 (age 39, memory 150), ended 190 (oom-worker 1, recycled 189)
LIMITATION: Gates cannot be closed because CAP_NET_RAW is missing: drain and ...
recyclerctl status --verbose shows them in full
SLOT  STATE      GATE      PID  AGE  MEMORY                  REQUESTS  IN FLIGHT
7000  serving    open    30200   2h  [##.....|.]  57M/256M      1,386  -
7001  serving    open    30202   3d  [######.|.] 182M/256M  1,234,567  1 for 1m
     running 1 min 15 s: POST
     /orders/export?format=csv&from=2025-01-01&to=2025...
7002  replacing  open    30204   2h  [#######|.] 240M/256M        900  -
     due: memory, waiting for 7001 to settle; handover: overlap; worker
     draining; next: generation 8 starting (pid 31999)
7003  braked     closed      -    -  -                              -  -
     braked until 11:45:00 UTC; last end: oom-worker (memory) 3m ago
7004  drained    n/a         ?    ?                 ?               ?  ?
)");
}

TEST_CASE("in 160 columns the notes of a slot stand beside it") {
    CHECK(page(160) ==
          R"(shop: 2 of 5 slots serving, 1 replacing, 1 drained, 1 braked
recyclerd 0.1.0, keeper pid 811, controller pid 812; requests 25,294, recycled 189 (age 39, memory 150), ended 190 (oom-worker 1, recycled 189)
LIMITATION: Gates cannot be closed because CAP_NET_RAW is missing: drain and close are refused, overlap and queue still work.
SLOT  STATE      GATE      PID  AGE  MEMORY                             REQUESTS  IN FLIGHT
7000  serving    open    30200   2h  [####............|...]  57M/256M      1,386  -          last end: recycled (age) 1h ago
7001  serving    open    30202   3d  [##############..|...] 182M/256M  1,234,567  1 for 1m   running 1 min 15 s: POST
                                                                                             /orders/export?format=csv&from=2025-01-01&to=2025...
7002  replacing  open    30204   2h  [################|#..] 240M/256M        900  -          due: memory, waiting for 7001 to settle; handover: overlap; worker
                                                                                             draining; next: generation 8 starting (pid 31999)
7003  braked     closed      -    -  -                                         -  -          braked until 11:45:00 UTC; last end: oom-worker (memory) 3m ago
7004  drained    n/a         ?    ?                            ?               ?  ?
)");
}

TEST_CASE("a page fits whatever the width") {
    for (std::size_t width = 80; width <= 240; ++width) {
        CHECK_MESSAGE(longest_line(page(width)) <= width, width);
    }
    CHECK(has(page(20), "7004")); // too narrow is ugly, not wrong
}

TEST_CASE("workers that wait for a slot, and those that are missing, stand below the slots") {
    control::Snapshot snapshot = pages::morning();
    const std::string without = page(80, snapshot);
    snapshot.spares.emplace();
    CHECK(page(80, snapshot) == without);
    snapshot.spares->push_back({.number = 6, .state = "ready", .age = 61s, .memory = 52_MiB});
    CHECK(page(80, snapshot).starts_with(without));
    CHECK(has(page(80, snapshot), "Spares: spare.6 is ready ("));
    snapshot.spares->push_back({.state = "missing", .why = "it waits for every slot to be served"});
    CHECK(has(page(160, snapshot), "1 is missing: it waits for every slot to be served\n"));
}

TEST_CASE("a slot with the name of a socket moves the columns, not the meaning") {
    auto snapshot = pages::morning();
    snapshot.slots[0].slot = "a-rather-long-name.sock";
    const std::string text = page(80, snapshot);
    CHECK(has(text, "...ong-name.sock  serving")); // clipped to what 80 columns leave for it
    CHECK(has(text, " 57M/256M      1,386"));
    CHECK(longest_line(text) <= 80);
}

TEST_CASE("without a limit there is no bar and no percentage") {
    auto snapshot = pages::morning();
    snapshot.slots.resize(1);
    snapshot.slots[0].worker->memory.max.reset();
    const std::string text = page(80, snapshot);
    CHECK(has(text, " 57M "));
    CHECK_FALSE(has(text, "["));
    CHECK_FALSE(has(text, "#"));
}

TEST_CASE("the bar shows where a worker is recycled, also when it is beyond that") {
    auto snapshot = pages::morning();
    snapshot.slots.resize(1);
    auto& memory = snapshot.slots[0].worker->memory;
    memory.bloat = 128_MiB;
    CHECK(has(page(100, snapshot), "[##########......|...] 128M/256M"));
    memory.bloat = 256_MiB;
    CHECK(has(page(100, snapshot), "[################|###] 256M/256M"));
    memory.bloat = 300_MiB; // before the kernel looks
    memory.recycle_at.reset();
    CHECK(has(page(100, snapshot), "[####################] 300M/256M"));
    memory.max = Bytes{0};
    CHECK(has(page(100, snapshot), "300M/0B"));
}

TEST_CASE("only what is out of line is painted") {
    const auto painted = [](const control::Snapshot& snapshot) {
        return render_status(snapshot, Style{80, Colours::on, pages::k_now});
    };
    auto snapshot = pages::morning();
    snapshot.slots.resize(1);
    snapshot.limitations.clear();
    CHECK_FALSE(has(painted(snapshot), "\x1b[33m"));
    CHECK_FALSE(has(painted(snapshot), "\x1b[1;31m"));
    auto& worker = *snapshot.slots[0].worker;
    worker.memory.bloat = 190_MiB; // soon to be recycled
    CHECK(has(painted(snapshot), "\x1b[33m["));
    worker.memory.bloat = 206_MiB;
    CHECK(has(painted(snapshot), "\x1b[1;31m["));
    worker.requests.in_flight = 1;
    worker.requests.oldest = 10s;
    CHECK(has(painted(snapshot), "\x1b[33m1 for 10s"));
}

TEST_CASE("a worker that an operator drains is not said to serve") {
    auto snapshot = pages::morning();
    snapshot.slots.resize(1);
    snapshot.slots[0].worker->state = control::WorkerState::draining;
    CHECK(has(page(80, snapshot), "shop: 0 of 1 slot serving, 1 draining\n"));
    CHECK(has(page(80, snapshot), "7000  draining"));
    snapshot.stopping = true;
    CHECK(has(page(80, snapshot), "shop: stopping; 0 of 1 slot serving"));
}

TEST_CASE("a slot whose gate does not open is not said to serve, and says why") {
    auto snapshot = pages::morning();
    snapshot.slots[0].gate = control::Gate::closed;
    snapshot.slots[0].trouble = "open the folder /run/shop: No such file or directory";
    const std::string text = page(160, snapshot);
    CHECK(has(text, "1 of 5 slots serving, 1 unreachable, 1 replacing"));
    CHECK(has(text, "trouble: open the folder /run/shop: No such file or directory"));
    snapshot.slots[0].gate = control::Gate::open; // that it is to be closed is another trouble
    CHECK(has(page(160, snapshot), "2 of 5 slots serving, 1 replacing"));
}

TEST_CASE("a bad end stands out for an hour in 80 columns, and where there is room for ever") {
    auto snapshot = pages::morning();
    snapshot.slots[3].last_end->at = pages::k_now - 59min;
    CHECK(has(page(80, snapshot), "last end: oom-worker (memory) 59m ago"));
    snapshot.slots[3].last_end->at = pages::k_now - 61min;
    CHECK_FALSE(has(page(80, snapshot), "last end"));
    CHECK(has(page(160, snapshot), "last end: oom-worker (memory) 1h ago"));
}

TEST_CASE("a verdict that is called like its trigger is said once") {
    auto snapshot = pages::morning();
    snapshot.slots[3].last_end->verdict = "hung";
    snapshot.slots[3].last_end->trigger = "hung";
    CHECK(has(page(80, snapshot), "last end: hung 3m ago"));
}

TEST_CASE("of slots that were named nothing is said that would be taken for the app") {
    const auto named = [](const control::Snapshot& snapshot) {
        return render_status(snapshot, Style{80, Colours::off, pages::k_now},
                             {.slots = Shown::Slots::named});
    };
    auto snapshot = pages::morning();
    CHECK(has(named(snapshot), "shop: of these 5 slots 2 are serving, 1 replacing, 1 drained, "));
    snapshot.slots.erase(snapshot.slots.begin(), snapshot.slots.begin() + 3);
    CHECK(has(named(snapshot), "shop: of these 2 slots 0 are serving, 1 drained, 1 braked\n"));
    snapshot.slots.resize(1);
    CHECK(has(named(snapshot), "shop: slot 7003 is braked\n"));
    snapshot.stopping = true;
    CHECK(has(named(snapshot), "shop: stopping; slot 7003 is braked\n"));
}

TEST_CASE("a limitation takes one line, and all of its sentence only if that is asked for") {
    auto snapshot = pages::morning();
    const std::string sentence = snapshot.limitations.front();
    const std::string hint = "recyclerctl status --verbose shows them in full\n";
    CHECK_FALSE(has(page(160, snapshot), hint)); // it fits
    snapshot.limitations.push_back("Short.");
    CHECK(has(page(80, snapshot), "drain and ...\nLIMITATION: Short.\n" + hint));
    const std::string whole = render_status(snapshot, Style{80, Colours::off, pages::k_now},
                                            {.limitations = Shown::Limitations::whole});
    CHECK(has(whole,
              "drain and\nclose are refused, overlap and queue still work.\nLIMITATION: Short.\n"));
    CHECK_FALSE(has(whole, hint));
}

TEST_CASE("in a small window most rows are the table's") {
    auto snapshot = pages::morning();
    snapshot.limitations.assign(4, "Something does not hold.");
    const auto drawn = [&snapshot](std::size_t rows) {
        return redrawn(
            render_status(snapshot, Style{80, Colours::off, pages::k_now}, {.rows = rows}), rows);
    };
    CHECK(has(drawn(24), "LIMITATION: Something does not hold."));
    const std::string small = drawn(10);
    CHECK(has(small, "4 LIMITATIONS: recyclerctl status --verbose shows them in full"));
    CHECK(has(small, "7001  serving"));
    CHECK_FALSE(has(small, "ended 190")); // what has been done keeps to a line, too
    snapshot.limitations.clear();
    CHECK_FALSE(has(drawn(4), "LIMITATION"));
}

TEST_CASE("an app without slots, or with nothing counted, is still a page") {
    control::Snapshot snapshot;
    snapshot.app = "new";
    CHECK(page(80, snapshot) == "new: 0 of 0 slots serving\n"
                                "recyclerd , controller pid 0; requests ?, recycled 0, ended 0\n");
}

TEST_CASE("what a client sent cannot steer the terminal") {
    auto snapshot = pages::morning();
    snapshot.slots[1].worker->requests.uri = "/\x1b]0;owned\x07\n7999 serving";
    snapshot.limitations = {"one\ntwo"};
    const std::string text = page(160, snapshot);
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(has(text, "\x07"));
    CHECK(has(text, "one\\ntwo"));
}

TEST_CASE("colours are there when they are wanted and change nothing else") {
    const std::string plain = page(80);
    std::string painted = render_status(pages::morning(), Style{80, Colours::on, pages::k_now});
    CHECK(has(painted, "\x1b[1;31mbraked"));
    CHECK_FALSE(has(plain, "\x1b["));
    for (std::size_t at = 0; (at = painted.find('\x1b')) != std::string::npos;) {
        painted.erase(at, painted.find('m', at) + 1 - at);
    }
    CHECK(painted == plain);
}
