// SPDX-License-Identifier: MIT
// A controller that lies: whatever it says, no worker is started that no policy asked for.
#include "recycler/keeper/protocol/protocol.hpp"
#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>

namespace {

const std::string k_log = "log";
const StageSetup k_permitting{.environment = {"RECYCLER_WATCHDOG=0", "TEST_PERMITS=1"},
                              .log = k_log};

// What the policy asks for: mount(2), number 165, is forbidden by its filter.
const std::string k_program = "\narg sleep\narg 1000";
const std::string k_user = "\nuid 65534";
const std::string k_sandbox = "\ncapabilities 0\nforbid 165";
const std::string k_honest = k_program + k_user + k_sandbox;
const std::string k_shell = "\narg /bin/sh" + k_user + k_sandbox;

const std::string k_not_permitted = "plan " + std::to_string(EACCES);

// The next controller, when it has told these permits.
Actor controller_with(Stage& stage, const std::vector<std::string>& permits) {
    Actor controller = stage.next_controller();
    for (const std::string& permit : permits) {
        controller.order_and_wait("permit" + permit);
    }
    controller.order_and_wait("go on");
    controller.hear("ready ");
    controller.order_and_wait("established");
    return controller;
}

std::string outcome_of(Actor& controller, const std::string& plan, const std::string& id) {
    controller.order("launch" + plan + "\nid " + id + " 1");
    return controller.hear("failed " + id + ".1 ");
}

bool is_launched(Actor& controller, const std::string& plan, const std::string& id) {
    controller.order("launch" + plan + "\nid " + id + " 1");
    const pid_t pid = pid_in("worker " + controller.hear("launched " + id + ".1 "));
    return status_of(pid, "Uid").starts_with("65534");
}

} // namespace

TEST_CASE("each lie about a worker is refused by name, and the honest plan is carried out") {
    const struct {
        std::string plan;
        std::string told;
    } lies[] = {
        {k_program + "\nuid 0" + k_sandbox, R"(the uid of its plan is "0" instead of "65534")"},
        {k_program + k_sandbox, R"(the change of user of its plan is "0" instead of "1")"},
        {k_honest + "\ngid 0", R"(the gid of its plan is "0" instead of "65534")"},
        {k_honest + "\ngroup 6", R"(the group of its plan is "6" instead of "65534")"},
        {k_program + k_user + "\ncapabilities 2097152\nforbid 165",
         R"(the set of capabilities of its plan is "200000" instead of "0")"},
        {k_program + k_user + "\nforbid 165", "the bound of capabilities of its plan"},
        {k_program + k_user + "\ncapabilities 0", "the length of the filter of its plan"},
        {k_program + k_user + "\ncapabilities 0\nforbid 166", "the filter of its plan"},
        {k_honest + "\nprivileges gained", R"(the no_new_privs of its plan is "0")"},
        {k_shell, R"(the program of its plan is "/bin/sh" instead of ")"},
        {"\narg sleep\narg 1" + k_user + k_sandbox,
         R"(the argument of its plan is "1" instead of "1000")"},
        {k_honest + "\npreload /tmp/mine.so", R"(the environment variable of its plan is "LD_PRE)"},
        {k_honest + "\ndir /", R"(the directory of its plan is "/" instead of "/tmp")"},
        {k_honest + "\nnofile 512", "the descriptor of the page of its plan"},
    };
    Stage stage{k_permitting};
    Actor controller = controller_with(stage, {k_honest});
    int slot = 1;
    for (const auto& lie : lies) {
        CAPTURE(lie.told);
        CHECK(outcome_of(controller, lie.plan, std::to_string(++slot)) == k_not_permitted);
        CHECK(content_of(stage.folder() + "/" + k_log).find(lie.told) != std::string::npos);
    }
    CHECK(is_launched(controller, k_honest, "1"));
}

TEST_CASE("a permit that comes late is refused") {
    Stage stage{k_permitting};
    Actor controller = controller_with(stage, {k_honest});
    controller.order("permit" + k_shell);
    CHECK(controller.hear("rejected ") == "0.0 10 " + std::to_string(EPERM));
    CHECK(outcome_of(controller, k_shell, "2") == k_not_permitted);
    CHECK(is_launched(controller, k_honest, "1"));
}

TEST_CASE("without a permit no worker is started") {
    Stage stage{k_permitting};
    Actor controller = controller_with(stage, {});
    CHECK(outcome_of(controller, k_honest, "1") == k_not_permitted);
    CHECK(content_of(stage.folder() + "/" + k_log).find("no plan is permitted") !=
          std::string::npos);
}

TEST_CASE("a permit holds until a later controller tells others, all of them") {
    Stage stage{k_permitting};
    {
        Actor first = controller_with(stage, {k_honest});
        first.order("exit\nnumber 1");
    }
    { // taken over while it tells them: what it told counts for nothing
        Actor second = stage.next_controller();
        CHECK(second.hear("greeted ") == "1");
        second.order_and_wait("permit" + k_shell);
        second.order("exit\nnumber 1");
    }
    {
        Actor third = controller_with(stage, {});
        CHECK(outcome_of(third, k_shell, "2") == k_not_permitted);
        CHECK(is_launched(third, k_honest, "1"));
        third.order("exit\nnumber 1");
    }
    Actor fourth = controller_with(stage, {k_program + k_user});
    CHECK(outcome_of(fourth, k_honest, "3") == k_not_permitted);
    CHECK(is_launched(fourth, k_program + k_user, "4"));
}

TEST_CASE("one of several permits is kept when the policy is taken up") {
    Stage stage{k_permitting};
    Actor controller = controller_with(stage, {k_honest, k_program + k_user});
    CHECK(is_launched(controller, k_honest, "1"));
    CHECK(is_launched(controller, k_program + k_user, "2"));
    controller.order("keep\nnumber 2");
    CHECK(controller.hear("rejected ") == "0.0 12 " + std::to_string(EINVAL));
    controller.hear("done");
    controller.order_and_wait("keep\nnumber 1");
    CHECK(outcome_of(controller, k_honest, "3") == k_not_permitted);
    CHECK(is_launched(controller, k_program + k_user, "4"));
}

TEST_CASE("before a controller has told its permits it is told nothing and nothing else is heard") {
    Stage stage{k_permitting};
    {
        Actor first = controller_with(stage, {k_honest});
        first.order("listen");
        first.hear("port ");
        first.order("exit\nnumber 1");
    }
    {
        Actor second = stage.next_controller();
        CHECK(second.hear("greeted ") == "1");
        second.order("launch" + k_honest + "\nid 1 1");
        CHECK_FALSE(second.has_heard("held "));
        second.order_and_wait("go on");
        CHECK(is_gone_soon(second.pid())); // as what it said was not taken
    }
    Actor third = stage.next_controller();
    third.order_and_wait("go on");
    third.hear("ready ");
    CHECK(third.has_heard("held deposit 1 7 1"));
    CHECK_FALSE(third.has_heard("held worker"));
}

TEST_CASE("a permit that could be changed, and one too many, are refused") {
    Stage stage{k_permitting};
    {
        Actor first = stage.next_controller();
        first.order_and_wait("permit" + k_honest + "\nfault unsealed");
        first.order_and_wait("go on");
        CHECK(is_gone_soon(first.pid())); // as what it said was not taken
    }
    Actor second = stage.next_controller();
    CHECK(second.hear("greeted ") == "0");
    for (std::size_t i = 0; i <= recycler::keeper::k_max_permits; ++i) {
        second.order_and_wait("permit" + k_honest);
    }
    second.order_and_wait("go on");
    CHECK(is_gone_soon(second.pid()));
    Actor third = stage.next_controller();
    CHECK(third.hear("greeted ") == std::to_string(recycler::keeper::k_max_permits));
}
