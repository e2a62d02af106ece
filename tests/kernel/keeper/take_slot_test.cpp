// SPDX-License-Identifier: MIT
// A worker that takes a slot is known by that slot's name from then on.
#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>

namespace {

StageSetup with_permits() {
    StageSetup setup;
    setup.environment.emplace_back("TEST_PERMITS=1");
    return setup;
}

const std::string k_waits = "\narg sleep\narg 1000";

Actor permitted_controller(Stage& stage) {
    Actor controller = stage.next_controller();
    controller.order_and_wait("permit" + k_waits);
    controller.order_and_wait("go on");
    return controller;
}

pid_t launch(Actor& controller, const std::string& id) {
    controller.order("launch\nid " + id + k_waits);
    const std::string launched = controller.hear("launched ");
    return std::stoi(launched.substr(launched.rfind(' ')));
}

} // namespace

TEST_CASE("a worker that takes a slot ends, and is forgotten, under its new name") {
    Stage stage{with_permits()};
    Actor first = permitted_controller(stage);
    first.hear("ready ");
    const pid_t pid = launch(first, "65535 1");
    first.order_and_wait("take slot\nid 65535 1\nas 3 7");
    first.order("exit\nnumber 1");
    Actor second = permitted_controller(stage);
    CHECK(second.hear("held worker ").starts_with("3.7 "));
    second.hear("ready ");
    REQUIRE(kill(pid, SIGKILL) == 0);
    CHECK(second.hear("exited ").starts_with("3.7 "));
    second.order_and_wait("forget\nid 3 7");
    CHECK(launch(second, "3 7") != pid);
}

TEST_CASE("the end of a worker is reported once more if it takes a slot after that") {
    Stage stage{with_permits()};
    Actor controller = permitted_controller(stage);
    controller.hear("ready ");
    const pid_t pid = launch(controller, "65535 1");
    REQUIRE(kill(pid, SIGKILL) == 0);
    CHECK(controller.hear("exited ").starts_with("65535.1 "));
    controller.order_and_wait("take slot\nid 65535 1\nas 3 7");
    CHECK(controller.hear("exited ").starts_with("3.7 "));
}

TEST_CASE("nobody takes a name that is taken, and nobody who is not there takes one") {
    Stage stage{with_permits()};
    Actor controller = permitted_controller(stage);
    controller.hear("ready ");
    launch(controller, "65535 1");
    launch(controller, "3 7");
    controller.order("take slot\nid 65535 1\nas 3 7");
    CHECK(controller.hear("rejected ").ends_with(" 16 " + std::to_string(EEXIST)));
    controller.order("take slot\nid 65535 2\nas 3 8");
    CHECK(controller.hear("rejected ").ends_with(" 16 " + std::to_string(ENOENT)));
}
