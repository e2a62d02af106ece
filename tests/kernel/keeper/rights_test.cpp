// SPDX-License-Identifier: MIT
// What the keeper may still do once it knows by which plans it starts workers.
#include "recycler/keeper/rights.hpp"

#include "tests/kernel/keeper/stage.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <unistd.h>

using recycler::keeper::k_controller_rights;
using recycler::keeper::k_keeper_rights;
using recycler::keeper::rights_of;

namespace {

namespace fs = std::filesystem;

const StageSetup k_tells_permits{.environment = {"RECYCLER_WATCHDOG=0", "TEST_PERMITS=1"}};
const std::string k_of_root = "\narg grep\narg CapEff\narg /proc/self/status";
const std::string k_own = "\narg sleep\narg 1000";
const std::string k_plan = k_own + "\nuid 65534";
const std::string k_none = k_plan + "\ncapabilities 0";

std::uint64_t set_of(pid_t pid, const std::string& name) {
    return std::stoull(status_of(pid, name), nullptr, 16);
}

// What this machine lets root have at all.
std::uint64_t all() {
    return set_of(::getpid(), "CapBnd");
}

// The next controller, when it has told these permits.
Actor controller_that_told(Stage& stage, const std::vector<std::string>& permits) {
    Actor controller = stage.next_controller();
    for (const std::string& permit : permits) {
        controller.order_and_wait("permit" + permit);
    }
    controller.order_and_wait("go on");
    controller.hear("ready ");
    controller.order_and_wait("established");
    return controller;
}

pid_t launched(Actor& controller, const std::string& plan, const std::string& slot = "1") {
    controller.order("launch" + plan + "\nid " + slot + " 1");
    return pid_in("worker " + controller.hear("launched " + slot + ".1 "));
}

void check_sets(pid_t keeper, std::uint64_t rights, std::uint64_t bounding) {
    CHECK(set_of(keeper, "CapEff") == (rights & all()));
    CHECK(set_of(keeper, "CapPrm") == (rights & all()));
    CHECK(set_of(keeper, "CapBnd") == (bounding & all()));
    CHECK(set_of(keeper, "CapInh") == 0);
    CHECK(status_of(keeper, "NoNewPrivs") == "0");
    CHECK(status_of(keeper, "Seccomp") == "0");
}

} // namespace

TEST_CASE("the keeper keeps what it needs, and hands on what a controller needs") {
    Stage stage{k_tells_permits};
    Actor first = stage.next_controller();
    CHECK(set_of(stage.keeper(), "CapEff") == all());
    first.order_and_wait("permit" + k_none);
    CHECK(set_of(stage.keeper(), "CapEff") == all());
    first.order_and_wait("go on");
    first.hear("ready ");
    first.order_and_wait("established");
    const std::uint64_t bounding = k_keeper_rights | k_controller_rights;
    check_sets(stage.keeper(), k_keeper_rights, bounding);
    first.order("exit\nnumber 1");
    Actor second = controller_that_told(stage, {k_none});
    CHECK(set_of(second.pid(), "CapEff") == (bounding & all()));
    CHECK(set_of(launched(second, k_none), "CapBnd") == 0);
}

TEST_CASE("the keeper keeps the capabilities that a permitted plan gives to workers") {
    const std::uint64_t given = rights_of(CAP_NET_BIND_SERVICE, CAP_SYS_NICE);
    const std::string some = k_plan + "\ncapabilities " + std::to_string(given);
    Stage stage{k_tells_permits};
    Actor controller = controller_that_told(stage, {k_none, some});
    check_sets(stage.keeper(), k_keeper_rights | given,
               k_keeper_rights | k_controller_rights | given);
    const pid_t worker = launched(controller, some);
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
        CAPTURE(set);
        CHECK(set_of(worker, set) == given);
    }
    controller.order("exit\nnumber 1");
    (void)controller_that_told(stage, {k_none}); // what has been kept once stays
    check_sets(stage.keeper(), k_keeper_rights | given,
               k_keeper_rights | k_controller_rights | given);
}

TEST_CASE("a plan that bounds no capabilities leaves the bounding set as it is") {
    Stage stage{k_tells_permits};
    Actor controller = controller_that_told(stage, {k_none, k_plan});
    check_sets(stage.keeper(), k_keeper_rights, all());
    CHECK(set_of(launched(controller, k_plan), "CapBnd") == all());
}

TEST_CASE("workers that run as root have all capabilities, unless their policy lists some") {
    Stage stage{k_tells_permits};
    Actor controller = controller_that_told(stage, {k_none, k_of_root});
    check_sets(stage.keeper(), all(), all());
    controller.order("launch" + k_of_root);
    controller.hear("exited 1.1 ");
    controller.order("tail\nid 1 1");
    CHECK(controller.hear("tail ").find(status_of(::getpid(), "CapBnd")) != std::string::npos);
}

TEST_CASE("a keeper whose controller has no permits, and one that is not root, change nothing") {
    Stage stage;
    Actor controller = stage.next_controller();
    (void)launched(controller, k_none);
    CHECK(set_of(stage.keeper(), "CapEff") == all());
    CHECK(set_of(stage.keeper(), "CapBnd") == all());
    StageSetup other = k_tells_permits;
    other.uid = 65534;
    Stage nobodys{other};
    Actor nobody = controller_that_told(nobodys, {k_own});
    (void)launched(nobody, k_own);
    CHECK(set_of(nobodys.keeper(), "CapBnd") == all());
}

TEST_CASE("a controller is started again from a folder of another user") {
    Stage stage{k_tells_permits};
    Actor first = controller_that_told(stage, {k_none});
    for (const auto& file : fs::directory_iterator{stage.folder()}) {
        REQUIRE(::chown(file.path().c_str(), 65534, 65534) == 0);
        fs::permissions(file, fs::perms{0700});
    }
    REQUIRE(::chown(stage.folder().c_str(), 65534, 65534) == 0);
    fs::permissions(stage.folder(), fs::perms{0700});
    first.order("exit\nnumber 1");
    Actor second = controller_that_told(stage, {k_none});
    const pid_t worker = launched(second, k_none);
    ::kill(stage.keeper(), SIGTERM);
    CHECK(second.hear("signal ") == std::to_string(SIGTERM));
    second.order("quit"); // the worker of another user is ended
    CHECK(stage.wait_for_keeper() == 0);
    CHECK(is_gone_soon(worker));
}

TEST_CASE("the keeper still falls back to the controller that worked, which has other rights") {
    Stage stage{k_tells_permits};
    Actor first = controller_that_told(stage, {k_none});
    stage.install("test_controller_other_protocol");
    first.order("exit\nnumber 1");
    Actor second = controller_that_told(stage, {k_none});
    CHECK(set_of(launched(second, k_none), "CapBnd") == 0);
}
