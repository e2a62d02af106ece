// SPDX-License-Identifier: MIT
// What is counted where, and what wakes a watcher.
#include "tests/kernel/cgroups/inmate.hpp"
#include "tests/kernel/cgroups/site.hpp"

#include "cgroups/proc_usage.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <poll.h>

#include <doctest/doctest.h>

using namespace cgroups;
using namespace std::chrono_literals;
using recycler::operator""_MiB; // NOLINT(misc-unused-using-decls): used in every test

TEST_CASE("a child is inside from its first instruction, and its memory counts there") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    Inmate inmate(group);
    CHECK(*group.procs() == std::vector<pid_t>{inmate.pid()});

    const Usage before = usage_of(group);
    REQUIRE(inmate.does({Verb::allocate, (32_MiB).count}) == 0);
    const Usage after = usage_of(group);
    CHECK(is_about(after.current - before.current, 32_MiB));
    CHECK(is_about(after.bloat - before.bloat, 32_MiB));
    CHECK(after.peak >= after.current - k_slack);
    CHECK(is_about(site.tree.usage()->bloat, after.bloat));
}

TEST_CASE("page cache is no bloat") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    Inmate inmate(group);
    const Usage before = usage_of(group);
    REQUIRE(inmate.does({Verb::fill_file, (32_MiB).count}) == 0);
    const Usage after = usage_of(group);
    CHECK(after.current >= before.current + 24_MiB);
    CHECK(is_about(after.bloat, before.bloat));
}

TEST_CASE("the peak outlives the memory") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    {
        Inmate inmate(group);
        REQUIRE(inmate.does({Verb::allocate, (48_MiB).count}) == 0);
        (void)usage_of(group); // kernels without memory.peak know what was seen
    }
    REQUIRE(group.wait_empty(60s));
    const Usage after = usage_of(group);
    CHECK(after.peak >= 48_MiB);
    CHECK(after.bloat <= 8_MiB);
}

TEST_CASE("without cgroups /proc tells a process's memory, and shared pages of several once") {
    Site site;
    Group group = site.group("7012.1", {});
    Inmate inmate(group);
    const std::array<pid_t, 1> alone{inmate.pid()};
    const auto before = proc_usage(alone);
    REQUIRE(before);
    REQUIRE(inmate.does({Verb::allocate, (32_MiB).count}) == 0);
    const auto after = proc_usage(alone);
    REQUIRE(after);
    CHECK(is_about(after->bloat - before->bloat, 32_MiB));
    CHECK(after->peak >= after->current - k_slack);

    const auto child = inmate.does({Verb::fork_child, 0});
    REQUIRE(child.value_or(-1) > 0);
    const auto tree = proc_tree(inmate.pid());
    REQUIRE(tree);
    CHECK(*tree == std::vector<pid_t>{inmate.pid(), static_cast<pid_t>(*child)});
    const auto both = proc_usage(*tree);
    REQUIRE(both);
    CHECK(both->bloat <= after->bloat + k_slack);
}

TEST_CASE("a process that is gone has no memory to tell") {
    Site site;
    Group group = site.group("7012.1", {});
    pid_t gone = 0;
    {
        Inmate inmate(group);
        gone = inmate.pid();
    }
    const std::array<pid_t, 1> pids{gone};
    CHECK(proc_usage(pids).error().code == ESRCH);
    CHECK_FALSE(proc_tree(gone));
}

TEST_CASE("the host has memory, and some of it is free") {
    const auto ram = host_ram();
    const auto available = host_available();
    REQUIRE(ram);
    REQUIRE(available);
    CHECK(*ram > 64_MiB);
    CHECK(*available > Bytes{0});
    CHECK(*available <= *ram);
}

TEST_CASE("what a limit above the workers leaves shrinks as they take memory") {
    Site site;
    const bool v1 = site.tree.version() == Version::v1;
    const std::string top = (v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") +
                            site.tree.path().substr(0, site.tree.path().rfind('/'));
    const std::string limit = top + (v1 ? "/memory.limit_in_bytes" : "/memory.max");
    const auto set = [&](const char* value) {
        return bool(std::ofstream(limit) << value << std::flush);
    };
    REQUIRE(set("536870912"));
    const Group group = site.group("7012.1", {});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::allocate, 1}) == 0); // what it needs itself is charged from here on
    const auto before = site.tree.room_above();
    REQUIRE(before);
    CHECK(*before <= 512_MiB);
    CHECK(*before >= 400_MiB); // on v2 we stand below it ourselves
    REQUIRE(inmate.does({Verb::allocate, (32_MiB).count}) == 0);
    CHECK(is_about(*before - *site.tree.room_above(), 32_MiB));
    CHECK(set(v1 ? "-1" : "max"));
}
