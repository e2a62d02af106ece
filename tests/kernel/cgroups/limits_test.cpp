// SPDX-License-Identifier: MIT
// Limits are what the kernel says they are.
#include "tests/kernel/cgroups/inmate.hpp"
#include "tests/kernel/cgroups/site.hpp"

#include <cerrno>
#include <sys/resource.h>

#include <doctest/doctest.h>

using namespace cgroups;
using namespace std::chrono_literals;
using recycler::operator""_MiB;

TEST_CASE("limits are read back as they were set, in whole pages") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = Bytes{(64_MiB).count + 1},
                                        .swap_max = Bytes{0},
                                        .pids_max = 17,
                                        .cpu_weight = 50});
    const auto limits = group.limits();
    REQUIRE(limits);
    CHECK(limits->memory_max == 64_MiB);
    CHECK(limits->swap_max.value_or(Bytes{0}) == Bytes{0});
    CHECK(limits->pids_max == 17U);
    CHECK(limits->cpu_weight == 50U);
    CHECK(group.remove());
}

TEST_CASE("threads and processes are counted, and so is each that was refused") {
    Site site;
    Group group = site.group("7012.1", {.pids_max = 3});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::fork_child, 0}).value_or(0) > 0);
    CHECK(*group.tasks() == 2);
    CHECK(*group.tasks_refused() == 0);
    REQUIRE(inmate.does({Verb::fork_child, 0}).value_or(0) > 0);
    CHECK(inmate.does({Verb::fork_child, 0}).value_or(0) <= 0);
    CHECK(*group.tasks() == 3);
    CHECK(*group.tasks_refused() > 0);
}

TEST_CASE("pressure is counted on v2, and v1 says that it is not") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    for (const Resource resource : {Resource::memory, Resource::cpu, Resource::io}) {
        const auto pressure = group.pressure(resource);
        if (group.version() == Version::v1) {
            REQUIRE_FALSE(pressure);
            CHECK(pressure.error().message() == "cgroup v1 counts none");
        } else if (pressure) {
            CHECK(pressure->in_all >= recycler::Duration::zero());
        } else {
            CHECK(pressure.error().message().starts_with("this kernel counts none"));
        }
    }
}

TEST_CASE("a group without limits has none") {
    Site site;
    Group group = site.group("7012.1", {});
    const auto limits = group.limits();
    REQUIRE(limits);
    CHECK_FALSE(limits->memory_max);
    CHECK_FALSE(limits->pids_max);
}

TEST_CASE("a limit that the kernel refuses is named, and nothing is left of the group") {
    Site site;
    const auto made = site.tree.create("bad.1", {.pids_max = UINT64_MAX});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ERANGE);
    CHECK(made.error().message() ==
          "set pids.max of bad.1 to 18446744073709551615: Numerical result out of range");
    CHECK(site.tree.list()->empty());
}

TEST_CASE("a group that cannot be made whole for want of descriptors leaves nothing of itself") {
    Site site;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    int failures = 0;
    for (rlim_t most = 3; most < before.rlim_cur; ++most) {
        const rlimit few{most, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        auto made = site.tree.create("7012.1", {.memory_max = 256_MiB, .pids_max = 64});
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        if (made) {
            CHECK(made->remove());
            break;
        }
        ++failures;
        CAPTURE(made.error().message());
        CHECK(site.tree.list()->empty());
    }
    CHECK(failures > 3);
}

TEST_CASE("a name in use, and one that leaves the tree, are refused") {
    Site site;
    Group group = site.group("7012.1", {});
    CHECK(site.tree.create("7012.1", {}).error().code == EEXIST);
    CHECK(site.tree.create("../7012.1", {}).error().code == EINVAL);
    CHECK(site.tree.create("", {}).error().code == EINVAL);
    CHECK(site.tree.reopen("7012.2").error().code == ENOENT);
}

TEST_CASE("an app limit below what the workers use is refused and hurts nobody") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::allocate, (48_MiB).count}) == 0);
    CHECK(site.tree.set_app_max(16_MiB).error().code == EBUSY);
    CHECK(inmate.does({Verb::allocate, (1_MiB).count}) == 0);
}
