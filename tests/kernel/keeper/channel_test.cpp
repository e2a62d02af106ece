// SPDX-License-Identifier: MIT
// Channels: workers find them, and the keeper moves what stands in them, with a controller or none.
#include "tests/kernel/keeper/stage.hpp"

#include <csignal>
#include <doctest/doctest.h>

namespace {

StageSetup newest_protocol() {
    StageSetup setup;
    setup.environment.emplace_back("TEST_PERMITS=1");
    return setup;
}

const std::string k_lists_files = "\narg ls\narg -l\narg /proc/self/fd\nnofile 512";

Actor next_controller(Stage& stage) {
    Actor controller = stage.next_controller();
    controller.order_and_wait("permit" + k_lists_files);
    controller.order_and_wait("go on");
    controller.hear("ready ");
    return controller;
}

// With channels for the slots 1, 2 and 3.
Actor begin(Stage& stage) {
    Actor controller = next_controller(stage);
    for (const char* slot : {"1", "2", "3"}) {
        controller.order_and_wait(std::string("channel\nslot ") + slot);
    }
    return controller;
}

std::string answer(Actor& controller, const std::string& order, const std::string& beginning) {
    controller.order(order);
    return controller.hear(beginning);
}

} // namespace

TEST_CASE("what stands in the channel of a slot is moved to others in turn, and what comes later") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "send\nslot 1\ncount 4", "sent");
    answer(controller, "route\nslot 1\nto 2\nto 3", "routed");
    CHECK(answer(controller, "take\nslot 2\ncount 2", "took ") == "2");
    CHECK(answer(controller, "take\nslot 3\ncount 2", "took ") == "2");
    answer(controller, "send\nslot 1\ncount 2", "sent");
    CHECK(answer(controller, "take\nslot 2", "took ") == "1");
    CHECK(answer(controller, "take\nslot 3", "took ") == "1");
}

TEST_CASE("without a route it waits in its own channel, also what was about to be moved") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "route\nslot 1\nto 4", "routed"); // who has no channel
    answer(controller, "send\nslot 1\ncount 3", "sent");
    answer(controller, "route\nslot 1", "routed");
    CHECK(answer(controller, "take\nslot 1\ncount 3", "took ") == "3");
}

TEST_CASE("more than a channel has room for is moved as its worker takes") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "route\nslot 1\nto 2", "routed");
    int sent = 0;
    controller.order("send\nslot 1\ncount 200");
    controller.hear("sent");
    sent += 200;
    CHECK(answer(controller, "take\nslot 2\ncount 20", "took ") == "20");
    controller.order("send\nslot 1\ncount 200");
    controller.hear("sent");
    sent += 200;
    CHECK(answer(controller, "take\nslot 2\ncount 380", "took ") == "380");
    CHECK(sent == 400);
}

TEST_CASE(
    "a controller that dies does not hold connections up, and the next one has the channels") {
    Stage stage{newest_protocol()};
    Actor first = begin(stage);
    first.order_and_wait("established");
    answer(first, "route\nslot 1\nto 2", "routed");
    answer(first, "send\nslot 1\ncount 5", "sent");
    ::kill(first.pid(), SIGKILL);
    Actor second = next_controller(stage);
    CHECK(answer(second, "take\nslot 2\ncount 5", "took ") == "5");
    answer(second, "send\nslot 1", "sent"); // the route stands
    CHECK(answer(second, "take\nslot 2", "took ") == "1");
}

TEST_CASE("rubbish in a channel is dropped, and a channel that goes ends its route") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "route\nslot 1\nto 2", "routed");
    answer(controller, "rubbish\nslot 1\ncount 6", "sent");
    answer(controller, "send\nslot 1", "sent");
    CHECK(answer(controller, "take\nslot 2", "took ") == "1");
    answer(controller, "drop\nslot 1", "dropped");
    controller.order("route\nslot 1\nto 2");
    CHECK(controller.hear("rejected ") == "1.0 14 2"); // ENOENT
    answer(controller, "send\nslot 1", "sent");
    CHECK(answer(controller, "take\nslot 1", "took ") == "1");
}

TEST_CASE("what nobody is to get is closed, also what comes later") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "linger\nslot 1", "lingers");
    answer(controller, "send\nslot 1\ncount 100", "sent");
    answer(controller, "route\nslot 1\nto nobody", "routed");
    // It is not held up by the one whose peer reads nothing.
    answer(controller, "route\nslot 3\nto 2", "routed");
    answer(controller, "send\nslot 3", "sent");
    CHECK(answer(controller, "take\nslot 2", "took ") == "1");
    CHECK(answer(controller, "peer", "peer ") == "ends");
    answer(controller, "linger\nslot 1", "lingers");
    CHECK(answer(controller, "peer", "peer ") == "ends");
    // Nothing of it is left for the worker that takes again.
    answer(controller, "route\nslot 1", "routed");
    answer(controller, "send\nslot 1", "sent");
    answer(controller, "route\nslot 1\nto 2", "routed");
    CHECK(answer(controller, "take\nslot 2", "took ") == "1");
}

TEST_CASE("what stands in a channel that goes holds nobody up") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "linger\nslot 1", "lingers");
    answer(controller, "drop\nslot 1", "dropped");
    answer(controller, "route\nslot 3\nto 2", "routed");
    answer(controller, "send\nslot 3", "sent");
    CHECK(answer(controller, "take\nslot 2", "took ") == "1");
    CHECK(answer(controller, "peer", "peer ") == "ends");
}

TEST_CASE("a channel that a worker has shut down keeps the keeper from nothing") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    answer(controller, "route\nslot 1\nto 2", "routed");
    answer(controller, "send\nslot 1\ncount 2", "sent");
    answer(controller, "shut\nslot 1", "shut");
    CHECK(answer(controller, "take\nslot 2\ncount 2", "took ") == "2");
    answer(controller, "route\nslot 3\nto 2", "routed");
    answer(controller, "send\nslot 3", "sent");
    CHECK(answer(controller, "take\nslot 2", "took ") == "1");
}

TEST_CASE("a worker finds its channel and what wakes it below its page, and nothing else") {
    Stage stage{newest_protocol()};
    Actor controller = begin(stage);
    controller.order("launch" + k_lists_files + "\nid 1 1\nchannel 2");
    controller.hear("exited 1.1");
    controller.order("tail\nid 1 1");
    const std::string files = controller.hear("tail ");
    CHECK(files.find(" 511 -> /memfd:test-page") != std::string::npos);
    CHECK(files.find(" 508 -> socket:") != std::string::npos);
    CHECK(files.find(" 507 -> socket:") != std::string::npos);
    CHECK(files.find(" 506 -> ") != std::string::npos);
    CHECK(files.find(" 509 ->") == std::string::npos);
    CHECK(files.find(" 505 ->") == std::string::npos);
}

TEST_CASE("a worker that may have few descriptors has no channel") {
    Stage stage{newest_protocol()};
    Actor controller = stage.next_controller();
    const std::string plan = "\narg ls\narg -l\narg /proc/self/fd\nnofile 18";
    controller.order_and_wait("permit" + plan);
    controller.order_and_wait("go on");
    controller.order_and_wait("channel\nslot 2");
    controller.order("launch" + plan + "\nid 1 1\nchannel 2");
    controller.hear("exited 1.1");
    controller.order("tail\nid 1 1");
    const std::string files = controller.hear("tail ");
    CHECK(files.find(" 17 -> /memfd:test-page") != std::string::npos);
    CHECK(files.find(" 14 ->") == std::string::npos);
}
