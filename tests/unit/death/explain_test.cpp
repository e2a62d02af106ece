// SPDX-License-Identifier: MIT
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {

bool says(const Explanation& told, std::string_view part) {
    return told.sentence.find(part) != std::string::npos;
}

bool advises(const Explanation& told, std::string_view part) {
    return told.next && told.next->find(part) != std::string::npos;
}

std::string fact(const Explanation& told, std::string_view name) {
    const auto found =
        std::ranges::find_if(told.evidence, [&](const Fact& f) { return f.name == name; });
    return found == told.evidence.end() ? "(absent)" : found->value;
}

Verdict verdict_of(const Evidence& e) {
    return explain(e).verdict;
}

const StopSent k_sigterm{SIGTERM};

} // namespace

TEST_CASE("an idle worker that we recycled is recycled, with its trigger") {
    const Explanation told = explain(ordered(killed_by(SIGTERM), Purpose::recycle, k_sigterm));
    CHECK(told.verdict == Verdict::recycled);
    CHECK(told.kind == Kind::end);
    CHECK(told.trigger == Trigger::memory);
    CHECK(says(told, "7012.3 was recycled (memory) after 12 requests"));
    CHECK(says(told, "nothing was lost"));
    CHECK_FALSE(told.next);
}

TEST_CASE("what waited in a listener that it shut down is lost, idle as it was") {
    Evidence e = ordered(exited(0), Purpose::recycle, k_sigterm);
    e.queue_lost = 3;
    CHECK(says(explain(e), "lost its queue: 3 connections."));
}

TEST_CASE("a status other than 0 after our stop signal is still recycled, and the status is kept") {
    const Explanation told = explain(ordered(exited(143), Purpose::recycle, k_sigterm));
    CHECK(told.verdict == Verdict::recycled);
    CHECK(fact(told, "wait status") == "exit status 143");
    CHECK(fact(told, "our order") == "recycle, sent SIGTERM");
}

TEST_CASE("a worker that ignores the stop signal and is killed by us is recycled too") {
    CHECK(verdict_of(ordered(killed_by(SIGKILL), Purpose::recycle, KillSent{SIGTERM})) ==
          Verdict::recycled);
    CHECK(verdict_of(ordered(killed_by(SIGTERM), Purpose::recycle, KillSent{SIGTERM})) ==
          Verdict::recycled);
}

TEST_CASE("an idle worker that ends with its app is stopped") {
    CHECK(verdict_of(ordered(exited(0), Purpose::stop, k_sigterm)) == Verdict::stopped);
}

TEST_CASE("a replacement that is no longer wanted is stopped, and the sentence says so") {
    const Explanation told =
        explain(starting(ordered(killed_by(SIGTERM), Purpose::cancelled_handover, k_sigterm)));
    CHECK(told.verdict == Verdict::stopped);
    CHECK(told.kind == Kind::end);
    CHECK(says(told, "handover"));
}

TEST_CASE("a stop signal that would mean a crash elsewhere is ours when we sent it") {
    CHECK(verdict_of(ordered(killed_by(SIGABRT), Purpose::recycle, StopSent{SIGABRT})) ==
          Verdict::recycled);
}

TEST_CASE("a planned end of a busy worker is never called recycled or stopped") {
    for (const Purpose purpose : {Purpose::recycle, Purpose::stop, Purpose::cancelled_handover}) {
        const Explanation told = explain(ordered(serving(exited(0)), purpose, k_sigterm));
        CHECK(told.verdict == Verdict::drain_cut);
        CHECK(says(told, "Cut off: GET /cart"));
        CHECK_FALSE(says(told, "drain.timeout expired"));
    }
}

TEST_CASE("a worker still busy at drain.timeout is drain-cut, and what was cut is named") {
    const Explanation told =
        explain(ordered(serving(killed_by(SIGKILL)), Purpose::drain_cut, KillSent{SIGTERM}));
    CHECK(told.verdict == Verdict::drain_cut);
    CHECK(says(told, "drain.timeout expired"));
    CHECK(says(told, "Cut off: GET /cart"));
}

TEST_CASE("one that finished its request after the stop signal at drain.timeout lost nothing") {
    const Explanation told = explain(ordered(exited(0), Purpose::drain_cut, k_sigterm));
    CHECK(told.verdict == Verdict::drain_cut);
    CHECK(says(told, "nothing was cut"));
    CHECK_FALSE(says(told, "busy"));
}

TEST_CASE("status 0 between two requests after at least one is left") {
    const Explanation told = explain(exited(0));
    CHECK(told.verdict == Verdict::left);
    CHECK(says(told, "after 12 requests"));
    CHECK_FALSE(is_warning(told.verdict));
}

TEST_CASE("a worker that leaves while it is being drained has left, and the trigger is kept") {
    const Explanation told = explain(ordered(exited(0), Purpose::recycle, NothingSent{}));
    CHECK(told.verdict == Verdict::left);
    CHECK(told.trigger == Trigger::memory);
}

TEST_CASE(
    "status 0 is exited before the first request, in the middle of one, or when nobody knows") {
    Evidence nothing_served = exited(0);
    nothing_served.served = 0;
    CHECK(verdict_of(nothing_served) == Verdict::exited);
    Evidence uncounted = exited(0);
    uncounted.served.reset();
    CHECK(verdict_of(uncounted) == Verdict::exited);
    CHECK(verdict_of(serving(exited(0))) == Verdict::exited);
    Evidence blind = exited(0);
    blind.at_end.reset();
    blind.recorder = Recorder::absent;
    CHECK(verdict_of(blind) == Verdict::exited);
    blind.recorder = Recorder::present;
    CHECK(verdict_of(blind) == Verdict::left);
}

TEST_CASE("status 0 after a SIGTERM that the kernel saw come from outside is exited, not left") {
    Evidence e = exited(0);
    e.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGTERM};
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::exited);
    CHECK(says(told, "bash (pid 4711) had sent it SIGTERM."));
    CHECK(says(told, "libfcgi"));
}

TEST_CASE("any other exit by itself is exited, with its status and its last words") {
    Evidence e = exited(255);
    e.stderr_tail = {"first", "PHP Fatal error: out of \x1b[31mcheese"};
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::exited);
    CHECK(says(told, "status 255"));
    CHECK(says(told, "out of \\x1b[31mcheese"));
    CHECK_FALSE(says(told, "first"));
}

TEST_CASE("an exit status that a shell made of a signal is explained") {
    CHECK(says(explain(exited(137)), "SIGKILL"));
    CHECK(says(explain(exited(127)), "does not exist"));
}

TEST_CASE("a worker that exits before it was ready is a start-failure that exited") {
    const Explanation told = explain(starting(exited(1)));
    CHECK(told.verdict == Verdict::exited);
    CHECK(told.kind == Kind::start_failure);
    CHECK(says(told, "never been ready"));
}

TEST_CASE("an exit during a drain, before we sent anything, is its own and keeps the trigger") {
    const Explanation told = explain(ordered(exited(3), Purpose::recycle, NothingSent{}));
    CHECK(told.verdict == Verdict::exited);
    CHECK(told.trigger == Trigger::memory);
    CHECK(says(told, "no signal sent yet, trigger memory"));
}

TEST_CASE("a hung worker that we ended is hung, and its request is named") {
    const Explanation told =
        explain(ordered(serving(killed_by(SIGKILL)), Purpose::hung, KillSent{SIGTERM}));
    CHECK(told.verdict == Verdict::hung);
    CHECK(says(told, "GET /cart had run for 2.1s, longer than recycle.hung, after"));
    CHECK(verdict_of(ordered(serving(exited(0)), Purpose::hung, k_sigterm)) == Verdict::hung);
}

TEST_CASE("every crash signal is crashed, also in the middle of a drain, with the trigger kept") {
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP}) {
        CHECK(verdict_of(killed_by(signal)) == Verdict::crashed);
        const Explanation told = explain(ordered(killed_by(signal), Purpose::recycle, k_sigterm));
        CHECK(told.verdict == Verdict::crashed);
        CHECK(told.trigger == Trigger::memory);
        CHECK(says(told, "our order at that time: recycle, sent SIGTERM, trigger memory"));
    }
}

TEST_CASE("a crash names its core dump, or how to get one the next time") {
    Evidence e = serving(killed_by(SIGSEGV));
    CHECK(says(explain(e), "There is no core dump"));
    e.status = Signalled{.signal = SIGSEGV, .core_dumped = true};
    CHECK(says(explain(e), "It dumped core"));
    e.core = CoreDumped{"core.ruby.1000.7a"};
    CHECK(says(explain(e), "Core dump: core.ruby.1000.7a"));
    CHECK_FALSE(says(explain(e), "It crashed in"));
    e.core = CoreDumped{
        .where = "core.7",
        .frames = {"libc.so.6+0x8aeec", "raise (libc.so.6)", "answer (app)", "serve (app)"}};
    CHECK(says(explain(e), "It crashed in answer (app), called by serve (app). Core dump: core.7"));
    CHECK(fact(explain(e), "top frames") ==
          "libc.so.6+0x8aeec < raise (libc.so.6) < answer (app) < serve (app)");
    e.core = CoreDumped{.where = "core.7", .frames = {"abort (libc.so.6)"}};
    CHECK(says(explain(e), "It crashed in abort (libc.so.6)."));
    e.core = CoreDumped{.where = "core.7", .why_no_frames = "nobody has read the dump"};
    CHECK(fact(explain(e), "top frames") == "unknown: nobody has read the dump");
}

TEST_CASE("SIGSYS is forbidden-syscall, with the call by name where the kernel told it") {
    Evidence e = killed_by(SIGSYS);
    CHECK(verdict_of(e) == Verdict::forbidden_syscall);
    CHECK(says(explain(e), "made a system call whose name is not known, which its seccomp"));
    CHECK(advises(explain(e), "set sandbox.seccomp = \"log\""));
    e.syscall = "personality";
    CHECK(says(explain(e),
               "7012.3 made the system call personality, which its seccomp profile forbids, and "
               "the kernel killed it for that (SIGSYS) between two requests after 12 requests."));
    CHECK(advises(explain(e), "If the app needs personality, allow it"));
    CHECK(fact(explain(e), "forbidden system call") == "personality");
}

TEST_CASE("a signal from outside that is no crash is killed, with its sender when known") {
    const Explanation nameless = explain(killed_by(SIGKILL));
    CHECK(nameless.verdict == Verdict::killed);
    CHECK(says(nameless, "oom_kill is 0"));
    CHECK(says(nameless, "The sender is not known."));
    CHECK(verdict_of(killed_by(SIGTERM)) == Verdict::killed);
    CHECK(verdict_of(killed_by(SIGHUP)) == Verdict::killed);

    Evidence e = killed_by(SIGKILL);
    e.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGKILL};
    CHECK(says(explain(e), "killed by SIGKILL, sent by bash (pid 4711), "));
}

TEST_CASE("a kill from outside during a drain is killed: a signal we had not sent is not ours") {
    CHECK(verdict_of(ordered(killed_by(SIGKILL), Purpose::recycle, k_sigterm)) == Verdict::killed);
    CHECK(verdict_of(ordered(killed_by(SIGTERM), Purpose::recycle, NothingSent{})) ==
          Verdict::killed);
}

TEST_CASE("a step of the start that failed is start-failed, with the step and the errno") {
    Evidence e = starting(exited(71));
    e.start_failure = StepFailed{.step = "exec", .error = ENOENT};
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::start_failed);
    CHECK(told.kind == Kind::start_failure);
    CHECK(says(told, "step \"exec\" failed with ENOENT (No such file or directory)"));
    CHECK(advises(told, "Run ldd on it"));
    e.status.reset(); // no process was made at all
    CHECK(verdict_of(e) == Verdict::start_failed);
}

TEST_CASE("a worker that was not ready in time is start-failed, whichever way we learned it") {
    Evidence e = starting(ordered(killed_by(SIGKILL), Purpose::not_ready, KillSent{SIGTERM}));
    CHECK(verdict_of(e) == Verdict::start_failed);
    e.start_failure = NotReady{std::chrono::seconds{60}};
    CHECK(says(explain(e), "start.timeout (1min)"));
    e.order.reset();
    CHECK(verdict_of(e) == Verdict::start_failed);
    CHECK(verdict_of(starting(ordered(killed_by(SIGSEGV), Purpose::not_ready, k_sigterm))) ==
          Verdict::crashed);
}

TEST_CASE("an end of which nothing fits is unknown, and what was checked is listed") {
    Evidence e = ready_worker();
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::unknown);
    for (const char* checked : {"wait status (unknown)", "its own orders (none)",
                                "memory kills (none)", "sender of the signal (unknown)"}) {
        CHECK(says(told, checked));
    }
}

TEST_CASE("an order of ours does not explain an end whose wait status was lost") {
    Evidence e = ordered(ready_worker(), Purpose::recycle, k_sigterm);
    CHECK(verdict_of(e) == Verdict::unknown);
    CHECK(says(explain(e), "its own orders (recycle, sent SIGTERM)"));
}

TEST_CASE("text of a worker comes out bounded and printable in sentence and evidence") {
    Evidence e = serving(killed_by(SIGSEGV));
    e.in_flight->uri = "/\n\x1b[2J" + std::string(5000, 'a');
    e.in_flight->method = std::string(400, 'M');
    e.stderr_tail = {std::string(5000, '\xff')};
    const Explanation told = explain(e);
    CHECK(told.sentence.size() < 3000);
    CHECK(says(told, "/\\x0a\\x1b[2J"));
    const auto printable_only = [](const std::string& text) {
        return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
    };
    CHECK(printable_only(told.sentence));
    for (const Fact& f : told.evidence) {
        CHECK(printable_only(f.value));
    }
}
