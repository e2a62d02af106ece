// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/stage.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <doctest/doctest.h>
#include <sstream>

namespace {

std::uint64_t written_by(Actor& controller, const std::string& id) {
    controller.order("tail\nid " + id);
    return std::stoull(controller.hear("tail "));
}

// Asks until the worker has written more than `least`: what it writes is the event that is waited
// for.
bool writes_more_than(Actor& controller, const std::string& id, std::uint64_t least) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (std::chrono::steady_clock::now() < deadline) {
        if (written_by(controller, id) > least) {
            return true;
        }
    }
    return false;
}

} // namespace

TEST_CASE("the last lines of an ended worker are all there when its end is told") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order(
        "launch\narg /bin/sh\narg -c\narg echo out; echo err >&2; printf 'no newline'");
    controller.hear("exited 1.1");
    controller.order("tail\nid 1 1");
    CHECK(controller.hear("tail ") == "18 0\nout\nerr\nno newline");
}

TEST_CASE("a worker that floods its stderr is never blocked, and starves nobody, whether somebody "
          "reads or not") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    controller.order("launch\narg /bin/sh\narg -c\narg exec yes >&2\nid 1 1");
    const std::string flood = controller.hear("launched 1.1 ");
    constexpr std::uint64_t ten_rings = 10 * 64 * 1024;
    CHECK(writes_more_than(controller, "1 1", ten_rings));

    controller.order("launch\narg true\nid 2 1");
    CHECK(controller.hear("exited 2.1 ") == std::to_string(CLD_EXITED) + " 0");

    const std::uint64_t before = written_by(controller, "1 1");
    REQUIRE(::kill(controller.pid(), SIGKILL) == 0);
    Actor next = stage.next_controller();
    next.hear("ready ");
    CHECK(writes_more_than(next, "1 1", before + ten_rings));
    next.order("tail\nid 1 1");
    const std::string tail = next.hear("tail ");
    CHECK(tail.ends_with("\ny\ny\ny"));
    std::istringstream counters{tail};
    std::uint64_t written = 0;
    std::uint64_t lost = 0;
    counters >> written >> lost;
    CHECK(written - lost <= 64 * 1024);
    CHECK(lost > 0);
}
