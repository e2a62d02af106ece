// SPDX-License-Identifier: MIT
#include "cgroups/settings.hpp"

#include <doctest/doctest.h>

using namespace cgroups;
using recycler::operator""_MiB;

namespace {

const Limits k_all{.memory_max = 256_MiB, .swap_max = Bytes{0}, .pids_max = 64, .cpu_weight = 100};

} // namespace

TEST_CASE("v2 has a file for each limit") {
    CHECK(settings(Version::v2, k_all) ==
          std::vector<Setting>{{"memory", "memory.max", "268435456"},
                               {"memory", "memory.swap.max", "0", Need::if_present},
                               {"pids", "pids.max", "64"},
                               {"cpu", "cpu.weight", "100"}});
}

TEST_CASE("v1 limits memory first, then memory and swap together, and forbids swapping") {
    CHECK(settings(Version::v1, k_all) ==
          std::vector<Setting>{
              {"memory", "memory.limit_in_bytes", "268435456"},
              {"memory", "memory.memsw.limit_in_bytes", "268435456", Need::if_present},
              {"memory", "memory.swappiness", "0", Need::if_present},
              {"pids", "pids.max", "64"},
              {"cpu", "cpu.shares", "1024"}});
}

TEST_CASE("v1 adds the swap a worker may have to its limit and lets it swap") {
    CHECK(
        settings(Version::v1, {.memory_max = Bytes{4096}, .swap_max = Bytes{8192}}) ==
        std::vector<Setting>{{"memory", "memory.limit_in_bytes", "4096"},
                             {"memory", "memory.memsw.limit_in_bytes", "12288", Need::if_present}});
}

TEST_CASE("limits that are not set are not written") {
    CHECK(settings(Version::v1, {}).empty());
    CHECK(settings(Version::v2, {}).empty());
}

TEST_CASE("only v2 can end a group together") {
    CHECK(togetherness(Version::v1).empty());
    REQUIRE(togetherness(Version::v2).size() == 1);
    CHECK(togetherness(Version::v2).front().file == "memory.oom.group");
}

TEST_CASE("sizes are kept in whole pages, and counts as they are") {
    const Limits whole = rounded(
        {.memory_max = Bytes{8191}, .swap_max = Bytes{4095}, .pids_max = 7, .cpu_weight = 1},
        Bytes{4096});
    CHECK(whole ==
          Limits{.memory_max = Bytes{4096}, .swap_max = Bytes{0}, .pids_max = 7, .cpu_weight = 1});
    CHECK(rounded({}, Bytes{4096}) == Limits{});
}

TEST_CASE("every weight survives the way to v1's shares and back") {
    CHECK(shares_of_weight(100) == 1024);
    for (std::uint32_t weight = 1; weight <= 10000; ++weight) {
        REQUIRE(weight_of_shares(shares_of_weight(weight)) == weight);
    }
}

TEST_CASE("shares that nobody can have are still a weight") {
    CHECK(weight_of_shares(UINT64_MAX) == 25600);
    CHECK(weight_of_shares(0) == 0);
}
