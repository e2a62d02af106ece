// SPDX-License-Identifier: MIT
// Who dies of which limit, and how that is told afterwards.
#include "tests/kernel/cgroups/inmate.hpp"
#include "tests/kernel/cgroups/site.hpp"

#include <cerrno>

#include <doctest/doctest.h>

using namespace cgroups;
using namespace std::chrono_literals;
using recycler::operator""_MiB;

TEST_CASE("a worker over its own limit dies, and the counters say that it was its own") {
    Site site;
    REQUIRE(site.tree.set_app_max(512_MiB));
    Group group = site.group("7012.1", {.memory_max = 48_MiB, .swap_max = Bytes{0}});
    const auto worker_event = group.oom_eventfd();
    const auto app_event = site.tree.oom_eventfd();
    const auto app_before = site.tree.oom();
    REQUIRE(app_before);

    Inmate inmate(group);
    CHECK_FALSE(inmate.does({Verb::allocate, (96_MiB).count}));
    const siginfo_t how = inmate.end();
    CHECK(how.si_code == CLD_KILLED);
    CHECK(how.si_status == SIGKILL);

    const auto counts = group.oom();
    REQUIRE(counts);
    CHECK(counts->oom_kill > 0);
    if (site.tree.version() == Version::v2) {
        CHECK(counts->oom.value_or(0) > 0);
        CHECK(site.tree.oom()->oom == app_before->oom);
        CHECK(worker_event.error().code == ENOTSUP);
    } else {
        REQUIRE(worker_event);
        REQUIRE(app_event);
        CHECK(rang(*worker_event));
        CHECK_FALSE(rang(*app_event));
    }
}

TEST_CASE("a worker killed for the app's limit is told from one that met its own") {
    Site site;
    REQUIRE(site.tree.set_app_max(64_MiB));
    Group group = site.group("7012.1", {.memory_max = 256_MiB, .swap_max = Bytes{0}});
    const auto worker_event = group.oom_eventfd();
    const auto app_event = site.tree.oom_eventfd();
    const auto app_before = site.tree.oom();
    REQUIRE(app_before);

    Inmate inmate(group);
    CHECK_FALSE(inmate.does({Verb::allocate, (128_MiB).count}));
    CHECK(inmate.end().si_status == SIGKILL);

    const auto counts = group.oom();
    REQUIRE(counts);
    CHECK(counts->oom_kill > 0);
    if (site.tree.version() == Version::v2) {
        CHECK(counts->oom == 0U);
        CHECK(site.tree.oom()->oom.value_or(0) > app_before->oom.value_or(0));
    } else {
        REQUIRE(worker_event);
        REQUIRE(app_event);
        CHECK(rang(*worker_event));
        CHECK(rang(*app_event));
    }
}

TEST_CASE("the app's limit never ends a worker within it") {
    Site site;
    REQUIRE(site.tree.set_app_max(96_MiB));
    Group small = site.group("7012.1", {.memory_max = 256_MiB, .swap_max = Bytes{0}});
    Group large = site.group("7013.1", {.memory_max = 256_MiB, .swap_max = Bytes{0}});
    Inmate bystander(small);
    REQUIRE(bystander.does({Verb::allocate, (8_MiB).count}) == 0);
    Inmate eater(large);
    CHECK_FALSE(eater.does({Verb::allocate, (192_MiB).count}));
    CHECK(eater.end().si_status == SIGKILL);
    CHECK(bystander.does({Verb::allocate, (1_MiB).count}) == 0);
    CHECK(small.oom()->oom_kill == 0);
}

TEST_CASE("a memory kill of a child ends its whole worker where the kernel can do it") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 64_MiB, .swap_max = Bytes{0}});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::fork_child, 0}).value_or(-1) > 0);
    CHECK_FALSE(inmate.does({Verb::allocate, (128_MiB).count}));
    (void)inmate.end();
    if (site.tree.version() == Version::v2) {
        CHECK(group.wait_empty(60s)); // oom.group: without our kill()
    }
    CHECK(group.kill(1s));
    CHECK(group.wait_empty(60s));
}
