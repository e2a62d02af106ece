// SPDX-License-Identifier: MIT
// The advice about a step that failed, where the step says more than the error.
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

TEST_CASE("a worker that could not be isolated has advice of its own, whatever the error") {
    for (const int error : {ENOSPC, EPERM, ENOMEM}) {
        Evidence e = starting(exited(127));
        e.start_failure = StepFailed{.step = "isolation", .error = error};
        const Explanation told = explain(e);
        CHECK(told.sentence.find("step \"isolation\" failed with ") != std::string::npos);
        REQUIRE(told.next);
        CHECK(told.next->find("user.max_mnt_namespaces") != std::string::npos);
    }
}

TEST_CASE("what is not there is named: the program, its interpreter, or the directory") {
    const auto told = [](const StepFailed& failed) {
        Evidence e = starting(ready_worker());
        e.start_failure = failed;
        return explain(e);
    };
    const std::string app = "/srv/app.pl";
    const Explanation program = told({"exec", ENOENT, app, app});
    CHECK(program.sentence.find("step \"exec\" on /srv/app.pl failed with ENOENT") !=
          std::string::npos);
    CHECK(program.next == "Install /srv/app.pl, or correct app.command: there is no such file.");
    CHECK(told({"exec", ENOENT, "lua", "lua"}).next ==
          "Install lua, or correct app.command: no folder of PATH (app.environment) has such a "
          "program.");
    const Explanation interpreter = told({"exec", ENOENT, app, "/nowhere/perl"});
    CHECK(interpreter.sentence.find("the interpreter in its first line, /nowhere/perl, does not "
                                    "exist. Recycler tries again") != std::string::npos);
    CHECK(interpreter.next == "Install /nowhere/perl, or correct the first line of /srv/app.pl.");
    CHECK(told({"exec", ENOENT, app, "/usr/bin/perl\r"}).next ==
          "The first line of /srv/app.pl ends with a carriage return: save the file with the line "
          "ends of Unix.");
    CHECK(told({"exec", ENOENT, app}).next->starts_with("The file is there. Run ldd on it"));
    CHECK(told({"directory", ENOENT, "/srv/x"}).next ==
          "Make the directory (mkdir -p /srv/x), or correct app.directory.");
    CHECK(told({"directory", EACCES, "/srv/x"}).next ==
          "Let app.user enter /srv/x and every directory above it (chmod, x), or correct "
          "app.directory.");
}

TEST_CASE("one that the kernel killed for memory while it started had no request") {
    Evidence e = starting(with_oom(killed_by(SIGKILL), OomV2{1, 1, 0}));
    const Explanation told = explain(e);
    CHECK(told.sentence.find("outgrew memory.max (256 MiB) while it was starting and was killed") !=
          std::string::npos);
    CHECK(told.next == "The program needs more memory than memory.max to start. Raise memory.max, "
                       "or find out what it loads at its start.");
}

TEST_CASE("a crash whose core dump had nowhere to go says how to get the next one") {
    Evidence e = killed_by(SIGSEGV);
    e.core = NoCore{"nowhere to go", "Make room."};
    CHECK(explain(e).next == "Make room.");
}
