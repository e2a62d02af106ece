// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/plan_difference.hpp"

#include "recycler/worker/spawn/plan.hpp"

#include <doctest/doctest.h>
#include <functional>
#include <string>

using namespace recycler;
using namespace recycler::worker;

namespace {

SpawnPlan sealed_plan() {
    SpawnPlan plan;
    plan.programs = {"/usr/local/bin/ruby", "/usr/bin/ruby"};
    plan.arguments = {"ruby", "public/dispatch.fcgi"};
    plan.environment = {"HOME=/srv/shop", "LD_PRELOAD=/usr/lib/recorder.so", "SECRET=pearl"};
    plan.directory = "/srv/shop";
    plan.identity = Identity{.uid = 33, .gid = 34, .groups = {34, 1000}};
    plan.rlimits = {{.soft = 1024, .hard = 2048, .resource = 7}};
    plan.umask = 027;
    plan.capabilities = 2;
    plan.page_fd = 255;
    plan.filter = {{.code = 6, .k = 0x7fff0000}};
    return plan;
}

// "uid: 0, not 33"; empty: the changed plan is within that of the shop.
std::string difference_of(const std::function<void(SpawnPlan&)>& change) {
    SpawnPlan changed = sealed_plan();
    change(changed);
    const auto bytes = serialise(changed);
    const auto permitted = serialise(sealed_plan());
    REQUIRE(bytes);
    REQUIRE(permitted);
    const auto found = difference(*PlanView::from(*bytes), *PlanView::from(*permitted));
    return found ? std::string(found->what) + ": " + found->is.data() + ", not " +
                       found->permitted.data()
                 : "";
}

} // namespace

TEST_CASE("a plan is within itself, whatever its child counts by") {
    CHECK(difference_of([](SpawnPlan&) {}).empty());
    CHECK(difference_of([](SpawnPlan& plan) { plan.tracepoints = {600, 601}; }).empty());
}

TEST_CASE("each number that differs is named") {
    const auto told = difference_of;
    CHECK(told([](SpawnPlan& plan) { plan.identity.reset(); }) == "change of user: 0, not 1");
    CHECK(told([](SpawnPlan& plan) { plan.identity->uid = 0; }) == "uid: 0, not 33");
    CHECK(told([](SpawnPlan& plan) { plan.identity->gid = 0; }) == "gid: 0, not 34");
    CHECK(told([](SpawnPlan& plan) { plan.identity->groups = {34, 0}; }) == "group: 0, not 1000");
    CHECK(told([](SpawnPlan& plan) { plan.identity->groups = {34}; }) ==
          "number of groups: 1, not 2");
    CHECK(told([](SpawnPlan& plan) { plan.no_new_privs = false; }) == "no_new_privs: 0, not 1");
    CHECK(told([](SpawnPlan& plan) { plan.capabilities.reset(); }) ==
          "bound of capabilities: 0, not 1");
    CHECK(told([](SpawnPlan& plan) { plan.capabilities = 1ULL << 40 | 2; }) ==
          "set of capabilities: 10000000002, not 2");
    CHECK(told([](SpawnPlan& plan) { plan.isolation.own_domain = true; }) ==
          "domain of its own: 1, not 0");
    CHECK(told([](SpawnPlan& plan) { plan.isolation.scopes_signals = true; }) ==
          "scope of signals: 1, not 0");
    CHECK(told([](SpawnPlan& plan) { plan.isolation.own_shm = true; }) ==
          "/dev/shm of its own: 1, not 0");
    CHECK(told([](SpawnPlan& plan) { plan.umask = 0; }) == "umask: 0, not 27");
    CHECK(told([](SpawnPlan& plan) { plan.nice = -20; }) == "nice: -20, not 0");
    CHECK(told([](SpawnPlan& plan) { plan.page_fd = 254; }) ==
          "descriptor of the page: 254, not 255");
    CHECK(told([](SpawnPlan& plan) { plan.rlimits[0].resource = 4; }) ==
          "limited resource: 4, not 7");
    CHECK(told([](SpawnPlan& plan) { plan.rlimits[0].soft = ~0ULL; }) ==
          "soft limit: 18446744073709551615, not 1024");
    CHECK(told([](SpawnPlan& plan) { plan.rlimits[0].hard = 1; }) == "hard limit: 1, not 2048");
    CHECK(told([](SpawnPlan& plan) { plan.rlimits.clear(); }) == "number of limits: 0, not 1");
    CHECK(told([](SpawnPlan& plan) { plan.filter.clear(); }) == "length of the filter: 0, not 1");
    CHECK(told([](SpawnPlan& plan) { plan.filter_flags = 2; }) == "flags of the filter: 2, not 0");
}

TEST_CASE("each text that differs is named, and of the environment no value") {
    const auto told = difference_of;
    CHECK(told([](SpawnPlan& plan) { plan.programs = {"/bin/sh"}; }) ==
          "program: /bin/sh, not /usr/local/bin/ruby");
    CHECK(told([](SpawnPlan& plan) { plan.programs.pop_back(); }) ==
          "number of programs: 1, not 2");
    CHECK(told([](SpawnPlan& plan) { plan.arguments[1] = "-e\x1b[2J"; }) ==
          "argument: -e?[2J, not public/dispatch.fcgi");
    CHECK(told([](SpawnPlan& plan) { plan.arguments.emplace_back("-c"); }) ==
          "number of arguments: 3, not 2");
    CHECK(told([](SpawnPlan& plan) { plan.environment[1] = "LD_PRELOAD=/tmp/mine.so"; }) ==
          "environment variable: LD_PRELOAD, not one of another value");
    CHECK(told([](SpawnPlan& plan) { plan.environment[0] = "BASH_ENV=/tmp/mine"; }) ==
          "environment variable: BASH_ENV, not HOME");
    CHECK(told([](SpawnPlan& plan) { plan.environment.emplace_back("LD_AUDIT=/tmp/mine.so"); }) ==
          "number of environment variables: 4, not 3");
    CHECK(told([](SpawnPlan& plan) { plan.directory = "/tmp"; }) ==
          "directory: /tmp, not /srv/shop");
    CHECK(told([](SpawnPlan& plan) { plan.filter[0].k = 0; }) ==
          "filter: another one, not that of the policy");
    CHECK(told([](SpawnPlan& plan) { plan.directory = std::string(500, 'x'); }) ==
          "directory: " + std::string(95, 'x') + ", not /srv/shop");
}
