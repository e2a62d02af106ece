// SPDX-License-Identifier: MIT
// Killing, waiting, removing.
#include "tests/kernel/cgroups/inmate.hpp"
#include "tests/kernel/cgroups/site.hpp"

#include <cerrno>
#include <poll.h>

#include <doctest/doctest.h>

using namespace cgroups;
using namespace std::chrono_literals;
using recycler::operator""_MiB;

TEST_CASE("a tree that forks without end is ended, whatever is born meanwhile") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB, .pids_max = 64});
    Inmate inmate(group);
    inmate.begins({Verb::fork_storm, 0});
    inmate.storm_reached(48);
    const auto killed = group.kill(1s);
    INFO((killed ? "" : killed.error().message()));
    CHECK(killed);
    CHECK(group.wait_empty(60s));
    CHECK(group.procs()->empty());
    CHECK(inmate.end().si_status == SIGKILL);
    CHECK(group.remove());
}

TEST_CASE("who strikes a group does not wait, and has what tells of each end") {
    Site site;
    const Group group = site.group("7012.1", {.memory_max = 256_MiB, .pids_max = 64});
    CHECK(group.strike()->empty());
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::fork_child, 0}));
    auto struck = group.strike();
    REQUIRE(struck);
    CHECK(struck->size() == 2);
    for (const auto& pidfd : *struck) {
        CHECK(ready(pidfd.get(), POLLIN));
    }
    CHECK(inmate.end().si_status == SIGKILL);
}

TEST_CASE("striking again and again ends a tree that forks without end") {
    Site site;
    const Group group = site.group("7012.1", {.memory_max = 256_MiB, .pids_max = 64});
    Inmate inmate(group);
    inmate.begins({Verb::fork_storm, 0});
    inmate.storm_reached(48);
    for (auto struck = group.strike(); struck && !struck->empty(); struck = group.strike()) {
        for (const auto& pidfd : *struck) {
            CHECK(ready(pidfd.get(), POLLIN));
        }
    }
    CHECK(group.procs()->empty());
    CHECK(inmate.end().si_status == SIGKILL);
}

TEST_CASE("killing and waiting for an empty group is done at once") {
    Site site;
    Group group = site.group("7012.1", {});
    CHECK(group.kill(1s));
    CHECK(group.wait_empty(0s));
}

TEST_CASE("waiting for a group that does not empty ends in time and says who is inside") {
    Site site;
    Group group = site.group("7012.1", {});
    Inmate inmate(group);
    const auto waited = group.wait_empty(10ms);
    REQUIRE_FALSE(waited);
    CHECK(waited.error().code == ETIMEDOUT);
}

TEST_CASE("a group with a process inside is not removed, one that is gone counts as removed") {
    Site site;
    Group group = site.group("7012.1", {});
    {
        Inmate inmate(group);
        CHECK(group.remove().error().code == EBUSY);
    }
    REQUIRE(group.wait_empty(60s));
    CHECK(group.remove());
    CHECK(group.remove());
    CHECK(site.tree.list()->empty());
}

TEST_CASE(
    "a group removed by somebody else is told so, and its name used again is not mistaken for it") {
    Site site;
    Group group = site.group("7012.1", {});
    REQUIRE(site.tree.reopen("7012.1")->remove());
    const auto usage = group.usage();
    REQUIRE_FALSE(usage);
    CHECK(usage.error().code == ENODEV);
    CHECK(usage.error().message().find("of 7012.1, whose cgroup somebody else has removed") !=
          std::string::npos);
    CHECK(group.kill(1s));
    Group again = site.group("7012.1", {});
    CHECK(group.remove()); // nothing to do
    CHECK(again.usage());
}
