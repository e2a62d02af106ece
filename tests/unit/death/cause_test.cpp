// SPDX-License-Identifier: MIT
#include "recycler/death/cause.hpp"

#include "recycler/death/explain.hpp"
#include "tests/unit/death/worked_evidence.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {
std::optional<std::string> cause(const Evidence& evidence) {
    return explain(evidence).cause;
}
} // namespace

TEST_CASE("the cause of an end is the same for all that ended alike, whatever pid or request") {
    Evidence first = serving(killed_by(SIGKILL));
    first.sender = Sender{.pid = 100, .comm = "sh", .signal = SIGKILL, .unit = "ssh.service"};
    Evidence second = killed_by(SIGKILL);
    second.worker = "7013.9";
    second.sender = Sender{.pid = 200, .comm = "sh", .signal = SIGKILL, .unit = "ssh.service"};
    CHECK(cause(first) == "SIGKILL from sh in ssh.service");
    CHECK(cause(first) == cause(second));
}

TEST_CASE("each unexpected verdict has its cause") {
    CHECK(cause(with_oom(killed_by(SIGKILL), OomV2{1, 1, 0})) == "memory.max");
    Evidence child = with_oom(killed_by(SIGKILL), OomV2{1, 1, 0});
    child.chosen_child = Chosen{44, "convert"};
    CHECK(cause(child) == "memory.max, by its child convert");
    CHECK(cause(with_oom(killed_by(SIGKILL), OomV2{1, 0, 2})) == "memory.app_max");
    CHECK(cause(with_oom(killed_by(SIGKILL), OomV2{1, 0, 0})) == "memory outside the app");
    CHECK(cause(killed_by(SIGTERM)) == "SIGTERM from an unknown sender");
    Evidence own = killed_by(SIGTERM);
    own.sender = Sender{.pid = 7, .comm = "x", .signal = SIGTERM, .relation = Relation::itself};
    CHECK(cause(own) == "SIGTERM from itself");
    CHECK(cause(killed_by(SIGSEGV)) == "SIGSEGV");
    Evidence forbidden = killed_by(SIGSYS);
    CHECK(cause(forbidden) == "an unknown system call");
    forbidden.syscall = "unshare";
    CHECK(cause(forbidden) == "unshare");
    CHECK(cause(exited(3)) == "status 3");
    Evidence step = ready_worker();
    step.start_failure = StepFailed{.step = "exec", .error = ENOENT};
    CHECK(cause(step) == "exec: ENOENT");
    const Evidence slow =
        starting(ordered(killed_by(SIGTERM), Purpose::not_ready, StopSent{SIGTERM}));
    CHECK(cause(slow) == "start.timeout");
    CHECK(cause(ordered(killed_by(SIGTERM), Purpose::hung, StopSent{SIGTERM})) == "recycle.hung");
    CHECK(cause(ordered(killed_by(SIGTERM), Purpose::drain_cut, StopSent{SIGTERM})) ==
          "drain.timeout");
}

TEST_CASE("a planned end has no cause but its trigger, and what a worker wrote is escaped") {
    CHECK(cause(ordered(killed_by(SIGTERM), Purpose::recycle, StopSent{SIGTERM})) == std::nullopt);
    CHECK(cause(exited(0)) == std::nullopt); // left
    Evidence named = killed_by(SIGHUP);
    named.sender = Sender{.pid = 3, .comm = "a\x1b[2Jb\nc", .signal = SIGHUP};
    CHECK(cause(named) == "SIGHUP from a\\x1b[2Jb\\x0ac");
}
