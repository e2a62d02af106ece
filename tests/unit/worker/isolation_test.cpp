// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/isolation.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler::worker;

namespace {

constexpr IsolationOffer k_all{.landlock = 7};

// The only sentence.
std::string limit_of(const IsolationOffer& offer, bool no_new_privs = true) {
    const auto limits = isolation_limits(offer, no_new_privs);
    REQUIRE(limits.size() == 1);
    return limits.front();
}

bool says(const std::string& sentence, const char* part) {
    CAPTURE(sentence);
    return sentence.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("where the kernel has all, a worker gets all of it, and nothing is said") {
    const Isolation all{.own_domain = true, .scopes_signals = true, .own_shm = true};
    CHECK(isolation_by(k_all, true) == all);
    CHECK(isolation_by(k_all, false) == all);
    CHECK(isolation_limits(k_all, true).empty());
    CHECK(isolation_limits(k_all, false).empty());
}

TEST_CASE("a kernel without Landlock, or that does not use it, makes no domain and is named") {
    IsolationOffer none{.landlock = 0, .domain_error = ENOSYS};
    CHECK(isolation_by(none, true) == Isolation{.own_shm = true});
    CHECK(says(limit_of(none), "read each other's memory and end each other, because this kernel "
                               "was built without Landlock."));
    none.domain_error = EOPNOTSUPP;
    CHECK(isolation_by(none, true) == Isolation{.own_shm = true});
    CHECK(says(limit_of(none), "add landlock to the list that the kernel's parameter lsm= has."));
    none.domain_error = EPERM; // a container's filter
    CHECK(says(limit_of(none), "the kernel refuses Landlock (Operation not permitted)."));
    CHECK(says(limit_of({.landlock = 7, .domain_error = E2BIG}),
               "the kernel refuses a domain of Landlock (Argument list too long)."));
    CHECK_FALSE(isolation_by({.landlock = 7, .domain_error = E2BIG}, true).own_domain);
}

TEST_CASE("the first version of Landlock is not used, because renames would fail") {
    const IsolationOffer first{.landlock = 1};
    CHECK(isolation_by(first, true) == Isolation{.own_shm = true});
    CHECK(says(limit_of(first), "moving files between folders; Linux 5.19"));
    CHECK(isolation_by({.landlock = 2}, true).own_domain);
}

TEST_CASE("before Linux 6.12 signals are not scoped, and that is said") {
    const IsolationOffer fifth{.landlock = 5};
    CHECK(isolation_by(fifth, true) == Isolation{.own_domain = true, .own_shm = true});
    CHECK(says(limit_of(fifth), "can send each other signals"));
    CHECK(says(limit_of(fifth), "Linux 6.12"));
    CHECK(isolation_by({.landlock = 6}, true).scopes_signals);
}

TEST_CASE("without CAP_SYS_ADMIN /dev/shm is shared, and a domain takes no_new_privs") {
    const IsolationOffer weak{.landlock = 7, .shm_error = EPERM, .is_privileged = false};
    CHECK(isolation_by(weak, true) == Isolation{.own_domain = true, .scopes_signals = true});
    CHECK(says(limit_of(weak), "share /dev/shm, because the daemon has no CAP_SYS_ADMIN."));
    CHECK(isolation_by(weak, false) == Isolation{});
    REQUIRE(isolation_limits(weak, false).size() == 2);
    CHECK(says(isolation_limits(weak, false)[0], "sandbox.no_new_privileges = false"));
    const IsolationOffer contained{.landlock = 7, .shm_error = EINVAL};
    CHECK(says(limit_of(contained), "the kernel refuses a private one (Invalid argument)."));
}

TEST_CASE("an earlier keeper isolates nobody until the unit is restarted") {
    IsolationOffer former = k_all;
    former.keeper_knows = false;
    CHECK(isolation_by(former, true) == Isolation{});
    CHECK(says(limit_of(former), "takes effect when the unit is restarted"));
}
