// SPDX-License-Identifier: MIT
#include "recycler/controller/start/descriptors.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

policies::Policy policy_of(std::uint16_t slots) {
    policies::Policy policy;
    for (std::uint16_t i = 0; i < slots; ++i) {
        policy.app.listen.emplace_back(
            policies::TcpAddress{"127.0.0.1", static_cast<std::uint16_t>(7000 + i)});
    }
    return policy;
}

} // namespace

TEST_CASE("what the slots take fits into the usual limits, and the most of them into the unit's") {
    CHECK(descriptors_for(policy_of(4)) < 1024);
    CHECK(descriptors_for(policy_of(24)) > 549); // as counted of one on cgroup v1, at rest
    CHECK(descriptors_for(policy_of(120)) < 4096);
    CHECK(descriptors_for(policy_of(1024)) < 65536); // LimitNOFILE= of recycler@.service
}

TEST_CASE("where connections are kept, channels and what wakes workers take descriptors, too") {
    policies::Policy policy = policy_of(24);
    const std::size_t keeping = descriptors_for(policy);
    policy.app.keep_connections = policies::KeepConnections::off;
    CHECK(keeping >= descriptors_for(policy) + 24 * 3);
}

TEST_CASE("a spare takes the descriptors of a worker, and those of its birth") {
    policies::Policy policy = policy_of(4);
    const std::size_t without = descriptors_for(policy);
    policy.capacity.spares = 2;
    CHECK(descriptors_for(policy) >= without + 2 * 12);
}

TEST_CASE("too few descriptors are told with both numbers and what to do") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit few{.rlim_cur = 110, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    const auto enough = enough_descriptors(policy_of(24), ::getpid());
    const auto for_one = enough_descriptors(policy_of(1), ::getpid());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE_FALSE(enough);
    CHECK(for_one);
    const std::string said = enough.error().message();
    CHECK(said.find(std::to_string(descriptors_for(policy_of(24)))) != std::string::npos);
    CHECK(said.find("may have 110: allow more (LimitNOFILE=") != std::string::npos);
}

TEST_CASE("a process that can open nothing more says so, with its limit, and no longer than that") {
    CHECK_FALSE(no_descriptor_left());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int lowest_free = ::dup(STDIN_FILENO);
    REQUIRE(lowest_free >= 0);
    ::close(lowest_free);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto said = no_descriptor_left();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(said);
    CHECK(said->find("may have " + std::to_string(lowest_free) + ".") != std::string::npos);
    CHECK_FALSE(no_descriptor_left());
}
