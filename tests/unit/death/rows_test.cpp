// SPDX-License-Identifier: MIT
// The rows of the proof and recycler-deaths(7) name the same things.
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>

using namespace recycler;
using namespace recycler::death;

namespace {

using Names = std::set<std::string>;

// All that can be known of an end, at once.
Evidence full(Oom oom) {
    Evidence e = with_oom(serving(killed_by(SIGSYS)), oom);
    e.order = Order{.purpose = Purpose::recycle, .trigger = Trigger::memory};
    e.start_failure = StepFailed{.step = "exec", .error = 2};
    e.sender = Sender{.pid = 1, .comm = "init", .signal = SIGSYS, .uid = 0};
    e.syscall = "acct";
    e.syscall_witness = "the kernel's log";
    e.core = NoCore{"limits.core is 0"};
    e.chosen_child = Chosen{1, "sh"};
    e.growth_per_request = 1.0;
    e.circumstances.request = RequestGrowth{};
    e.circumstances.accept_refused = 24;
    e.circumstances.address_space = Room{};
    e.circumstances.cpu_time = Filled{};
    e.circumstances.own_count = OwnCount{500};
    e.unserved = Unserved{.waited = 1};
    e.turned_away = 1;
    e.requests = {{.request = {}}, {.request = {}, .fate = Fate::cut_off, .count = 2}};
    e.threads = {Thread{.id = 7, .name = "app"}};
    return e;
}

Names rows_of(const Evidence& e) {
    Names names;
    for (const Fact& fact : explain(e).evidence) {
        names.insert(fact.name.starts_with("thread 7") ? "thread" : fact.name);
    }
    return names;
}

Names all_rows() {
    Names names = rows_of(full(OomV2{}));
    names.merge(rows_of(full(OomV1{})));
    Evidence late = full(NoCgroup{});
    late.start_failure = NotReady{};
    late.core = CoreDumped{.where = "core.7"};
    names.merge(rows_of(late));
    return names;
}

// ".It Va open files , threads" of the section EVIDENCE.
Names rows_in_manual() {
    std::ifstream in(MAN_DIR "/recycler-deaths.7");
    Names names;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(".Sh ")) {
            inside = line == ".Sh EVIDENCE";
        }
        constexpr std::string_view k_item = ".It Va ";
        if (!inside || !line.starts_with(k_item)) {
            continue;
        }
        line += " , ";
        for (std::size_t from = k_item.size(), to; (to = line.find(" , ", from)) != line.npos;
             from = to + 3) {
            names.insert(line.substr(from, to - from));
        }
    }
    return names;
}

} // namespace

TEST_CASE("recycler-deaths(7) has every row of the proof, and no other") {
    const Names rows = all_rows();
    const Names manual = rows_in_manual();
    REQUIRE_FALSE(manual.empty());
    for (const std::string& row : rows) {
        CAPTURE(row);
        CHECK(manual.contains(row));
    }
    for (const std::string& row : manual) {
        CAPTURE(row);
        CHECK(rows.contains(row));
    }
}
