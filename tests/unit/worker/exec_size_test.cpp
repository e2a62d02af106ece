// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/exec_size.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::worker;

namespace {

// execve(2) of a program that is there, in a child: its errno, or 0.
int error_of_exec(const std::string& variable) {
    const pid_t child = ::fork();
    if (child == 0) {
        char* arguments[] = {const_cast<char*>("true"), nullptr};
        char* environment[] = {const_cast<char*>(variable.c_str()), nullptr};
        ::execve("/bin/true", arguments, environment);
        ::_exit(errno);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("what the kernel does not take is named with its size and the limit") {
    const ExecLimits limits{.of_one = 1_KiB, .of_all = 2_KiB};
    policies::App app;
    app.command = {"/bin/app", std::string(1023, 'x')};
    app.environment["SHORT"] = "x";
    CHECK(check_exec_size(app, limits));
    app.environment["LONG"] = std::string(1020, 'x');
    CHECK(check_exec_size(app, limits).error().message() ==
          "LONG of app.environment is 1026 bytes long, and the kernel takes at most 1024 bytes of "
          "one: "
          "write its value into a file, and name that in it");
    app.environment["LONG"].resize(1000);
    CHECK(
        check_exec_size(app, limits).error().message() ==
        "app.command and app.environment together are 2079 bytes long, and the kernel takes at "
        "most "
        "2048 bytes, a quarter of the stack that the daemon may have: shorten them, or raise that "
        "limit (LimitSTACK= of the unit, ulimit -s)");
    app.command.push_back(std::string(1024, 'x'));
    CHECK(check_exec_size(app, limits).error().message() ==
          "argument 2 of app.command is 1025 bytes long, and the kernel takes at most 1024 bytes "
          "of one: "
          "write what it says into a file");
}

TEST_CASE("the limit of one is the kernel's") {
    const std::size_t most = exec_limits().of_one.count;
    CHECK(error_of_exec("A=" + std::string(most - 3, 'x')) == 0);
    CHECK(error_of_exec("A=" + std::string(most - 2, 'x')) == E2BIG);
}
