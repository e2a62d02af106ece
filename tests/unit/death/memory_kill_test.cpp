// SPDX-License-Identifier: MIT
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {

struct Case {
    const char* name;
    Oom oom;
    Verdict verdict;
};

Verdict verdict_with(const Case& row, int signal) {
    return explain(with_oom(killed_by(signal), row.oom)).verdict;
}

const std::vector<Case> k_measured{
    {"v2, own memory.max", OomV2{1, 1, 0}, Verdict::oom_worker},
    {"v2, own memory.max with oom.group counts two kills for one process", OomV2{2, 1, 0},
     Verdict::oom_worker},
    {"v2, the app's limit", OomV2{1, 0, 3}, Verdict::oom_app},
    {"v2, the whole machine", OomV2{1, 0, 0}, Verdict::oom_host},
    {"v2, kill -9 from outside", OomV2{0, 0, 0}, Verdict::killed},
    {"v2, the app's limit killed somebody else", OomV2{0, 0, 2}, Verdict::killed},
    {"v1, own limit: the worker's eventfd fired, the app's stayed silent", OomV1{1, true, false},
     Verdict::oom_worker},
    {"v1, the app's limit: both eventfds fired", OomV1{1, true, true}, Verdict::oom_app},
    {"v1, the whole machine: neither fired", OomV1{1, false, false}, Verdict::oom_host},
    {"v1, kill -9 from outside", OomV1{0, false, false}, Verdict::killed},
    {"v1, a neighbour hit the app's limit, then kill -9", OomV1{0, true, true}, Verdict::killed},
};

} // namespace

TEST_CASE("each measured cause of a SIGKILL gets its verdict") {
    for (const Case& row : k_measured) {
        CAPTURE(row.name);
        CHECK(verdict_with(row, SIGKILL) == row.verdict);
    }
}

TEST_CASE("a memory kill of a child does not explain another signal or an exit of the worker") {
    for (const Case& row : k_measured) {
        CAPTURE(row.name);
        CHECK(verdict_with(row, SIGSEGV) == Verdict::crashed);
        CHECK(explain(with_oom(exited(1), row.oom)).verdict == Verdict::exited);
    }
}

TEST_CASE("a shell whose command was killed for memory says so by status 137") {
    for (const Case& row : k_measured) {
        CAPTURE(row.name);
        const Verdict without = Verdict::exited;
        CHECK(explain(with_oom(exited(137), row.oom)).verdict ==
              (row.verdict == Verdict::killed ? without : row.verdict));
    }
}

TEST_CASE("a memory kill during a drain, a hang or a start keeps its name and the trigger") {
    for (const Purpose purpose : {Purpose::recycle, Purpose::hung, Purpose::not_ready}) {
        const Explanation told = explain(
            with_oom(ordered(killed_by(SIGKILL), purpose, StopSent{SIGTERM}), OomV2{1, 1, 0}));
        CHECK(told.verdict == Verdict::oom_worker);
        CHECK(told.trigger == Trigger::memory);
    }
}

TEST_CASE("a tree that we ended because the kernel killed a child for memory died of memory") {
    const Evidence killed = ordered(killed_by(SIGKILL), Purpose::child_oom, KillSent{});
    CHECK(explain(with_oom(killed, OomV1{1, true, false})).verdict == Verdict::oom_worker);
    CHECK(explain(with_oom(killed, OomV1{1, true, true})).verdict == Verdict::oom_app);
    const Evidence wrapped = ordered(exited(137), Purpose::child_oom, KillSent{});
    CHECK(explain(with_oom(wrapped, OomV1{1, true, false})).verdict == Verdict::oom_worker);
    CHECK(explain(with_oom(killed, OomV1{0, false, false})).verdict == Verdict::unknown);
}

TEST_CASE(
    "a memory kill whose limit cannot be told apart is unknown, and says which question is open") {
    for (const Oom oom : {Oom{OomV2{1, std::nullopt, 0}}, Oom{OomV2{1, 0, std::nullopt}},
                          Oom{OomV1{1, true, std::nullopt}}, Oom{OomV1{1, std::nullopt, false}}}) {
        const Explanation told = explain(with_oom(killed_by(SIGKILL), oom));
        CHECK(told.verdict == Verdict::unknown);
        CHECK(told.sentence.find("Recycler could not read for which limit") != std::string::npos);
    }
}

TEST_CASE("a limit that was never set needs no counter to be ruled out") {
    Evidence e = killed_by(SIGKILL);
    e.app_max.reset();
    CHECK(explain(with_oom(e, OomV2{1, 0, std::nullopt})).verdict == Verdict::oom_host);
    CHECK(explain(with_oom(e, OomV1{1, true, std::nullopt})).verdict == Verdict::oom_worker);
    CHECK(explain(with_oom(e, OomV1{1, true, true})).verdict == Verdict::oom_host);
    e.memory_max.reset();
    CHECK(explain(with_oom(e, OomV1{1, std::nullopt, std::nullopt})).verdict == Verdict::oom_host);
}

TEST_CASE("a SIGKILL without any OOM counter is unknown, unless its sender is known") {
    for (const Oom oom : {Oom{NoCgroup{}}, Oom{OomV2{}}, Oom{OomV1{}}}) {
        Evidence e = with_oom(killed_by(SIGKILL), oom);
        CHECK(explain(e).verdict == Verdict::unknown);
        e.sender = Sender{.pid = 4711, .comm = "", .signal = SIGKILL};
        CHECK(explain(e).verdict == Verdict::killed);
    }
}

TEST_CASE("the sentence of a memory kill says which limit, what was running and what to do") {
    const Explanation told = explain(with_oom(serving(killed_by(SIGKILL)), OomV2{1, 1, 0}));
    CHECK(told.sentence.starts_with(
        "7012.3 outgrew memory.max (256 MiB) while serving GET /cart for 2.1s after 12 requests "
        "and was killed by the kernel: "));
    CHECK(told.sentence.find("its peak was 200 MiB") != std::string::npos);
    CHECK(told.next->find("Raise memory.max") != std::string::npos);
    CHECK(explain(with_oom(killed_by(SIGKILL), OomV2{1, 0, 1})).sentence.find("app_max (4 GiB)") !=
          std::string::npos);
}

TEST_CASE("a child that the kernel chose is named in the sentence and in the evidence") {
    Evidence e = with_oom(killed_by(SIGKILL), OomV2{3, 1, 0});
    CHECK(explain(e).sentence.find("child") == std::string::npos);
    e.chosen_child = Chosen{4711, "convert"};
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::oom_worker);
    CHECK(told.sentence.find("pid 4711 (convert)") != std::string::npos);
    CHECK(std::ranges::any_of(told.evidence, [](const Fact& fact) {
        return fact.name == "killed for memory" && fact.value == "pid 4711 (convert)";
    }));
}
