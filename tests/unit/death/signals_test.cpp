// SPDX-License-Identifier: MIT
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {

bool says(const Evidence& e, std::string_view part) {
    return explain(e).sentence.find(part) != std::string::npos;
}
bool advises(const Evidence& e, std::string_view part) {
    const auto next = explain(e).next;
    return next && next->find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a signal that only the worker itself can cause says what it did") {
    CHECK(says(killed_by(SIGPIPE), "nobody reads"));
    CHECK(advises(killed_by(SIGPIPE), "Find out which pipe"));
    CHECK(says(killed_by(SIGXCPU), "RLIMIT_CPU"));
    CHECK(says(killed_by(SIGVTALRM), "Unless another program sent it: a timer"));

    Evidence e = killed_by(SIGXFSZ); // the kernel has it sent by whom it hits
    e.sender = Sender{.pid = 1, .signal = SIGXFSZ, .relation = Relation::itself};
    CHECK(says(e, "That means: it wrote a file larger"));
    e.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGXFSZ};
    CHECK_FALSE(says(e, "it wrote a file larger"));
    CHECK(advises(e, "Find out who ran that program"));
}

TEST_CASE("a SIGSYS that somebody sent is no forbidden system call") {
    Evidence e = killed_by(SIGSYS);
    CHECK(explain(e).verdict == Verdict::forbidden_syscall);
    e.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGSYS};
    CHECK(explain(e).verdict == Verdict::killed);
    e.sender->relation = Relation::itself; // the kernel's word for what it did
    CHECK(explain(e).verdict == Verdict::forbidden_syscall);
}

TEST_CASE("one that was recycled says so when it took SIGKILL to end it") {
    const Evidence killed = killed_by(SIGKILL);
    CHECK(says(ordered(killed, Purpose::recycle, KillSent{SIGTERM}),
               "nothing was lost. It did not end on SIGTERM, so Recycler killed it."));
    CHECK_FALSE(says(ordered(killed, Purpose::recycle, KillSent{}), "did not end"));
    CHECK_FALSE(says(ordered(killed, Purpose::recycle, StopSent{SIGKILL}), "did not end"));
    CHECK_FALSE(says(ordered(exited(0), Purpose::recycle, KillSent{SIGTERM}), "did not end"));
}
