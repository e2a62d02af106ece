// SPDX-License-Identifier: MIT
// A list of system calls, as a child lives under it.
#include "recycler/confine/call_list.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::confine;

namespace {

// What every child needs to come to its end.
std::vector<CallRule> with_end(std::vector<CallRule> rules) {
    rules.push_back({.name = "exit_group"});
    return rules;
}

CallList compiled(std::vector<CallRule> rules, Outcome of_others) {
    auto list = CallList::compile(with_end(std::move(rules)), of_others);
    REQUIRE(list);
    return *std::move(list);
}

constexpr int k_not_installed = 250;

// The errno of `deed` in a child under the list; of a child that a signal ended, minus its number.
int errno_under(const CallList& list, const std::function<long()>& deed) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !list.install()) {
            ::_exit(k_not_installed);
        }
        // Not _exit(): before a call that does not return, sanitizers make calls of their own.
        (void)::syscall(SYS_exit_group, deed() < 0 ? errno : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

long get_parent() {
    return ::syscall(SYS_getppid);
}
long open_null(int flags) {
    return ::syscall(SYS_openat, AT_FDCWD, "/dev/null", flags);
}

} // namespace

TEST_CASE("a call on the list runs, and each other one meets what the list says of others") {
    const auto none = [](Outcome of_others) { return compiled({}, of_others); };
    CHECK(errno_under(none(Outcome::not_permitted), get_parent) == EPERM);
    CHECK(errno_under(none(Outcome::not_there), get_parent) == ENOSYS);
    CHECK(errno_under(none(Outcome::ends_process), get_parent) == -SIGSYS);
    CHECK(errno_under(none(Outcome::runs_logged), get_parent) == 0);
    const std::vector<CallRule> parent{{.name = "getppid"}};
    CHECK(errno_under(compiled(parent, Outcome::not_permitted), get_parent) == 0);
    CHECK(errno_under(compiled(parent, Outcome::ends_process), get_parent) == 0);
}

TEST_CASE("a rule of a list may also forbid, with an outcome of its own") {
    const CallList list = compiled({{.name = "getppid", .outcome = Outcome::ends_process},
                                    {.name = "getpid", .outcome = Outcome::not_there},
                                    {.name = "getuid", .outcome = Outcome::not_permitted}},
                                   Outcome::not_permitted);
    CHECK(errno_under(list, get_parent) == -SIGSYS);
    CHECK(errno_under(list, [] { return ::syscall(SYS_getpid); }) == ENOSYS);
    CHECK(errno_under(list, [] { return ::syscall(SYS_getuid); }) == EPERM);
}

TEST_CASE("a rule with conditions lets only those calls run whose arguments meet all of them") {
    const CallList list =
        compiled({{.name = "openat", .conditions = {has_none_of(2, O_ACCMODE | O_CREAT)}}},
                 Outcome::not_permitted);
    CHECK(errno_under(list, [] { return open_null(O_RDONLY | O_CLOEXEC); }) == 0);
    CHECK(errno_under(list, [] { return open_null(O_WRONLY); }) == EPERM);
    CHECK(errno_under(list, [] { return open_null(O_RDONLY | O_CREAT); }) == EPERM);
}

TEST_CASE(
    "of several rules for a call one is enough, and the upper half of an int is not looked at") {
    const CallList list = compiled({{.name = "fcntl", .conditions = {is(1, F_GETFD)}},
                                    {.name = "fcntl", .conditions = {is(1, F_GETFL), is(0, 0)}}},
                                   Outcome::not_permitted);
    const auto fcntl = [](long fd, long command) {
        return [fd, command] { return ::syscall(SYS_fcntl, fd, command, 0); };
    };
    CHECK(errno_under(list, fcntl(1, F_GETFD)) == 0);
    CHECK(errno_under(list, fcntl(0, F_GETFL)) == 0);
    CHECK(errno_under(list, fcntl(1, F_GETFL)) == EPERM);
    CHECK(errno_under(list, fcntl(0, F_SETOWN)) == EPERM);
    CHECK(errno_under(list, fcntl(1, (1L << 32) | F_GETFD)) == 0);
}

TEST_CASE("a name that nobody knows is left out and named; a rule that cannot be is an error") {
    const CallList list =
        compiled({{.name = "getparent"}, {.name = "getppid"}}, Outcome::not_permitted);
    CHECK(list.unknown() == std::vector<std::string>{"getparent"});
    CHECK(list.steps() > 0);
    CHECK(errno_under(list, get_parent) == 0);
    const auto refused = CallList::compile(
        {{.name = "getppid", .conditions = {{.argument = 6, .mask = 1, .value = 1}}}},
        Outcome::not_permitted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() ==
          "make the list of system calls: add getppid: Invalid argument");
}

TEST_CASE("without no_new_privs nobody but root installs a list") {
    const CallList list = compiled({}, Outcome::runs_logged);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool is_other = ::setresuid(65534, 65534, 65534) == 0 || ::getuid() != 0;
        const auto installed = list.install();
        ::_exit(is_other && !installed && installed.error().code == EACCES ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
