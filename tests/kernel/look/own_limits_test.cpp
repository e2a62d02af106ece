// SPDX-License-Identifier: MIT
#include "recycler/worker/look/own_limits.hpp"

#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::worker;

namespace {

std::optional<std::uint64_t> soft(__rlimit_resource_t resource) {
    rlimit limit{};
    REQUIRE(::getrlimit(resource, &limit) == 0);
    return limit.rlim_cur == RLIM_INFINITY ? std::nullopt : std::optional(limit.rlim_cur);
}

} // namespace

TEST_CASE("the limits of a process are those that it has now, and not those that it was given") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit lower{.rlim_cur = before.rlim_cur - 1, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    const auto limits = own_limits_of(::getpid());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(limits);
    CHECK(limits->open_files == lower.rlim_cur);
    CHECK(limits->cpu_seconds == soft(RLIMIT_CPU));
    const auto space = soft(RLIMIT_AS);
    CHECK(limits->address_space == (space ? std::optional(Bytes{*space}) : std::nullopt));
    CHECK_FALSE(own_limits_of(-1));
}

TEST_CASE("a process has a name, an address space and the environment it was started with") {
    const auto name = program_name_of(::getpid());
    REQUIRE(name);
    CHECK(name->starts_with("kernel_"));
    CHECK(address_space_of(::getpid())->count > (1_MiB).count);
    const char* path = std::getenv("PATH");
    REQUIRE(path != nullptr);
    CHECK(*variable_of(::getpid(), "PATH") == std::string(path));
    CHECK(*variable_of(::getpid(), "ATH") == std::nullopt);
}
