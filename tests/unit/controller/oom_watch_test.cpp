// SPDX-License-Identifier: MIT
// Which limit the kernel killed for, by the counts of two eventfds.
#include "recycler/controller/look/oom_watch.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>

using namespace recycler;
using namespace recycler::controller;

TEST_CASE("the count of an eventfd is seen without being taken") {
    const UniqueFd eventfd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    REQUIRE(eventfd);
    CHECK(count_in(eventfd) == 0);
    REQUIRE(::eventfd_write(eventfd.get(), 18) == 0);
    CHECK(count_in(eventfd) == 18);
    CHECK(count_in(eventfd) == 18);
}

TEST_CASE("what is no eventfd has no count") {
    CHECK_FALSE(count_in(UniqueFd()));
}

TEST_CASE("each of several workers that die of one OOM of the app dies of the app's") {
    const death::OomV1 first = on_v1(1, 1, 4, 5);
    const death::OomV1 second = on_v1(1, 1, 4, 5);
    CHECK(first.app_eventfd == true);
    CHECK(second.app_eventfd == true);
}

TEST_CASE("a worker that survived the app's OOM and then outgrew its own limit dies of its own") {
    const death::OomV1 oom = on_v1(1, 2, 4, 5);
    CHECK(oom.app_eventfd == false);
    CHECK(oom.worker_eventfd == true);
}

TEST_CASE("when neither has counted it was neither") {
    const death::OomV1 oom = on_v1(1, 0, 4, 4);
    CHECK(oom.app_eventfd == false);
    CHECK(oom.worker_eventfd == false);
}

TEST_CASE("a count that is not known proves nothing") {
    CHECK_FALSE(on_v1(1, 1, std::nullopt, 5).app_eventfd);
    CHECK_FALSE(on_v1(1, std::nullopt, 4, 4).worker_eventfd);
}
