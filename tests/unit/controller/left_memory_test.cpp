// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/left_memory.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;

TEST_CASE("memory that ended workers left is told with its size, and how to be rid of it") {
    const auto shared = left_behind(Bytes{std::uint64_t{150} << 20}, SharedShm::yes);
    REQUIRE(shared);
    CHECK(*shared == "Workers that have ended left 150 MiB of shared memory behind, in /dev/shm or "
                     "another tmpfs, and it counts towards memory.app_max until its files are "
                     "removed: ls -l /dev/shm shows them. With sandbox.isolate = true each worker "
                     "has a /dev/shm of its own, which ends with it.");
    const auto isolated = left_behind(Bytes{std::uint64_t{150} << 20}, SharedShm::no);
    REQUIRE(isolated);
    CHECK(isolated->find("isolate") == std::string::npos);
}

TEST_CASE("little of it, and what is not known, is no sentence") {
    CHECK_FALSE(left_behind(Bytes{k_some_left.count - 1}, SharedShm::yes));
    CHECK_FALSE(left_behind(std::nullopt, SharedShm::yes));
}
