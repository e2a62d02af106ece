// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/core_dump.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

constexpr const char* k_systemd = "|/lib/systemd/systemd-coredump %P %u %g %s %t %c %h";

keeper::Exit ended_by(int signal, int code = CLD_DUMPED) {
    return {.code = code, .status = signal, .at = {}};
}

std::string words(const std::variant<CoreAsked, CoreKnown>& core) {
    if (std::holds_alternative<CoreAsked>(core)) {
        return "asked";
    }
    const auto& known = std::get<CoreKnown>(core);
    if (!known) {
        return "no core expected";
    }
    const auto* none = std::get_if<death::NoCore>(&*known);
    return none == nullptr ? std::get<death::CoreDumped>(*known).where : "none: " + none->why;
}

std::string in_words(const Result<systemd::JournalEntries>& answer) {
    return std::get<death::CoreDumped>(core_in(answer, 812)).where;
}

} // namespace

TEST_CASE("only a signal that dumps core makes anybody look for one") {
    const policies::Policy policy;
    CHECK(words(core_of({.code = CLD_EXITED, .status = SIGSEGV, .at = {}}, k_systemd, policy)) ==
          "no core expected");
    CHECK(words(core_of(ended_by(SIGKILL, CLD_KILLED), k_systemd, policy)) == "no core expected");
    CHECK(words(core_of(ended_by(SIGSEGV), k_systemd, policy)) == "asked");
    CHECK(words(core_of(ended_by(SIGSYS), k_systemd, policy)) == "asked");
}

TEST_CASE("where systemd-coredump has no part in it, the kernel's setting says where the core is") {
    policies::Policy policy;
    policy.app.directory = "/srv/shop";
    CHECK(words(core_of(ended_by(SIGABRT), "core.%p", policy)) ==
          "a file named by kernel.core_pattern, core.%p, seen from /srv/shop");
    CHECK(words(core_of(ended_by(SIGABRT), "|/usr/share/apport/apport %p", policy)) ==
          "given to the program in kernel.core_pattern, |/usr/share/apport/apport %p");
}

TEST_CASE("a crash without a core says why there is none") {
    policies::Policy policy;
    const auto crashed = ended_by(SIGSEGV, CLD_KILLED);
    CHECK(words(core_of(crashed, "", policy)) == "none: kernel.core_pattern is empty");
    CHECK(words(core_of(crashed, "core", policy)) ==
          "none: the kernel could not write one; kernel.core_pattern is core");
    policy.limits.core = Bytes{0};
    CHECK(words(core_of(crashed, "core", policy)) == "none: limits.core is 0");
}

TEST_CASE("a folder into which the worker may not write is why there is no core") {
    policies::Policy policy;
    policy.app.directory = "/";
    const worker::Account nobody{.name = "nobody", .uid = 65534, .gid = 65534};
    const auto crashed = ended_by(SIGSEGV, CLD_KILLED);
    CHECK(words(core_of(crashed, "core", policy, core_ground("core", policy, nobody))) ==
          "none: user nobody may not write to the folder /, where kernel.core_pattern (core) puts "
          "it");
    policy.app.directory = "/nowhere";
    CHECK(words(core_of(crashed, "a/core", policy, core_ground("a/core", policy, nobody))) ==
          "none: there is no folder /nowhere/a, where kernel.core_pattern (a/core) puts it");
    CHECK(core_ground("/cores/%p", policy, nobody).fault.empty());
    CHECK(core_ground("|/bin/keep", policy, nobody).fault.empty());
    policy.app.directory = "/";
    CHECK(core_ground("core", policy, worker::Account{.name = "root"}).fault.empty());
    CHECK(words(core_of(crashed, "core", policy, {.most = 0})) ==
          "none: the hard limit of core dumps of the daemon is 0, and so of its workers");
}

TEST_CASE("what systemd-coredump tells becomes a command that shows the dump") {
    CHECK(in_words(systemd::JournalEntries{{{"COREDUMP_TIMESTAMP", "1795441000815995"}}}) ==
          "coredumpctl info COREDUMP_PID=812 COREDUMP_TIMESTAMP=1795441000815995");
    // Newest first: a later process of the same number is not the worker.
    CHECK(in_words(systemd::JournalEntries{{{"COREDUMP_TIMESTAMP", "2"}},
                                           {{"COREDUMP_TIMESTAMP", "1"}}}) ==
          "coredumpctl info COREDUMP_PID=812 COREDUMP_TIMESTAMP=1");
    CHECK(in_words(systemd::JournalEntries{{{"COREDUMP_TIMESTAMP", "1; rm -rf /"}}}) ==
          "coredumpctl info COREDUMP_PID=812");
    CHECK(in_words(systemd::JournalEntries()).starts_with("coredumpctl info COREDUMP_PID=812 (s"));
    CHECK(in_words(Error{ETIMEDOUT, "read the journal"}).starts_with("coredumpctl info COREDUMP"));
}

TEST_CASE("the entry's message tells the frames of the crash, or there is a reason for none") {
    const auto core = [](const char* message) {
        return std::get<death::CoreDumped>(core_in(
            systemd::JournalEntries{{{"COREDUMP_TIMESTAMP", "1"}, {"MESSAGE", message}}}, 812));
    };
    CHECK(core("Stack trace of thread 812:\n#0  0x1 f (m + 0x1)").frames ==
          std::vector<std::string>{"f (m)"});
    CHECK(core("Process 812 (app) of user 33 dumped core.").frames.empty());
    CHECK(core("").why_no_frames.starts_with("systemd-coredump had none"));
}

TEST_CASE("the question about a core dump trusts root and whom systemd-coredump becomes") {
    const auto query =
        core_query({.pid = 812, .dumpers = {33, 997}, .since = WallTime(std::chrono::hours(1))});
    CHECK(query.matches == systemd::JournalMatches{"MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1",
                                                   "COREDUMP_PID=812", "_UID=0", "_UID=33",
                                                   "_UID=997"});
    CHECK(query.awaited == query.matches);
    CHECK(query.since == WallTime(std::chrono::hours(1)));
}
