// SPDX-License-Identifier: MIT
// What is counted since the daemon started.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>
#include <numeric>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

std::uint64_t all_ends(const Totals& totals) {
    return std::accumulate(totals.ends.begin(), totals.ends.end(), std::uint64_t{0});
}
std::uint64_t recycles(const Totals& totals, Trigger trigger) {
    return totals.recycles.at(static_cast<std::size_t>(trigger));
}

} // namespace

TEST_CASE("each recorded worker adds its requests and one end under its verdict") {
    Driver driver(policies::Policy{}, 2);
    driver.started();
    driver.exited(worker(0, 1));
    driver.exited(worker(1, 1));
    CHECK(all_ends(driver.decider().totals()) == 0);
    driver.recorded(worker(0, 1), 100, 3);
    driver.recorded(worker(1, 1), 20, 4);
    const Totals& totals = driver.decider().totals();
    CHECK(totals.requests == 120);
    CHECK(totals.ends[3] == 1);
    CHECK(totals.ends[4] == 1);
    CHECK(all_ends(totals) == 2);
}

TEST_CASE("a end_record that is confirmed twice counts once") {
    Driver driver(policies::Policy{});
    driver.started();
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1), 5, 1);
    driver.recorded(worker(0, 1), 5, 1);
    CHECK(driver.decider().totals().requests == 5);
    CHECK(all_ends(driver.decider().totals()) == 1);
}

TEST_CASE("a verdict that is not known is counted all the same") {
    Driver driver(policies::Policy{});
    driver.started();
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1), 0, 255);
    CHECK(driver.decider().totals().ends.back() == 1);
}

TEST_CASE("recycles are counted by trigger when they went as meant; crashes are no recycles") {
    policies::Policy policy = policy_with(HandoverMode::queue);
    policy.recycle.memory = 100_MiB;
    Driver driver(policy, 2);
    driver.started();
    driver.sampled(worker(0, 1), 100_MiB);
    driver.parked(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1));
    driver.exited(worker(1, 1));
    driver.recorded(worker(1, 1));
    CHECK(recycles(driver.decider().totals(), Trigger::memory) == 1);
    CHECK(recycles(driver.decider().totals(), Trigger::operator_) == 0);
    CHECK(all_ends(driver.decider().totals()) == 2);
}

TEST_CASE("totals go on counting under the next controller") {
    Driver driver(policies::Policy{});
    driver.started();
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1), 7, 2);
    driver.replace_controller();
    driver.exited(worker(0, 2));
    driver.recorded(worker(0, 2), 8, 2);
    CHECK(driver.decider().totals().requests == 15);
    CHECK(driver.decider().totals().ends[2] == 2);
}
