// SPDX-License-Identifier: MIT
// The system calls of a controller, as a list that this machine's kernel takes.
#include "recycler/controller/rights/calls.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

long rules_of(const char* name, const Fetches& fetches = {}) {
    return std::ranges::count(controller_calls(fetches), name, &confine::CallRule::name);
}

bool is_bounded(const char* name) {
    const auto rules = controller_calls({.from_keeper = 7, .counters = true});
    return std::ranges::none_of(rules, [name](const confine::CallRule& rule) {
        return rule.name == name && rule.outcome == confine::Outcome::runs &&
               rule.conditions.empty();
    });
}

} // namespace

TEST_CASE("every call of the list that decides something is known on this machine") {
    const auto list = confine::CallList::compile(
        controller_calls({.from_keeper = 7, .counters = true}), confine::Outcome::not_permitted);
    REQUIRE(list);
    for (const char* name : {"openat", "mkdirat", "fchmodat", "mmap", "mprotect", "clone", "socket",
                             "recvmsg", "pidfd_getfd", "prlimit64", "prctl", "setpriority",
                             "pidfd_send_signal", "process_vm_readv", "close_range"}) {
        CHECK(std::ranges::find(list->unknown(), name) == list->unknown().end());
        CHECK(rules_of(name, {.from_keeper = 7, .counters = true}) > 0);
    }
}

TEST_CASE("what other processes have opened comes by the ways alone that are needed") {
    CHECK(rules_of("recvmsg") == 0);
    CHECK(rules_of("recvmmsg", {.from_keeper = 7}) == 0);
    CHECK(rules_of("recvmsg", {.from_keeper = 7}) == 1);
    CHECK(rules_of("pidfd_getfd", {.from_keeper = 7}) == 0);
    CHECK(rules_of("pidfd_getfd", {.counters = true}) == 1);
}

TEST_CASE("no call that is bounded by its arguments stands on the list without them as well") {
    for (const char* name : {"open", "openat", "creat", "mkdir", "mkdirat", "chmod", "fchmod",
                             "fchmodat", "mmap", "mprotect", "clone", "setpriority", "socket",
                             "recvmsg", "prlimit64", "setrlimit", "prctl", "ioctl"}) {
        CAPTURE(std::string(name));
        CHECK(is_bounded(name));
    }
}
