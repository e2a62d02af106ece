// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/stage.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <doctest/doctest.h>
#include <sstream>
#include <unistd.h>

namespace {

constexpr std::uint64_t ten_rings = std::uint64_t{10} * 64 * 1024;

using Clock = std::chrono::steady_clock;

// Of the processor, since it began.
std::chrono::duration<double> used_by(pid_t pid) {
    const std::string line = content_of("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields{line.substr(line.rfind(')') + 2)};
    std::string skipped;
    for (int i = 0; i < 11; ++i) { // to utime
        fields >> skipped;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return std::chrono::duration<double>{(user + system) /
                                         static_cast<double>(::sysconf(_SC_CLK_TCK))};
}

std::uint64_t written_by(Actor& controller, const std::string& id) {
    controller.order("tail\nid " + id);
    return std::stoull(controller.hear("tail "));
}

// Asks until the worker has written more than `least`: what it writes is the event that is waited
// for.
bool writes_more_than(Actor& controller, const std::string& id, std::uint64_t least) {
    const auto deadline = Clock::now() + std::chrono::seconds{30};
    while (Clock::now() < deadline) {
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

TEST_CASE("the last lines of a worker that made its pipe larger are there too") {
    Stage stage;
    Actor controller = stage.next_controller();
    constexpr std::uint64_t written = std::uint64_t{12} * 64 * 1024;
    controller.order("launch\narg perl\narg -e\narg "
                     "fcntl(STDERR, 1031, 1 << 20) or die; " // F_SETPIPE_SZ
                     "syswrite(STDERR, 'x' x " +
                     std::to_string(written - 9) + " . qq(\\nthe last))");
    controller.hear("exited 1.1");
    controller.order("tail\nid 1 1");
    const std::string tail = controller.hear("tail ");
    CHECK(tail.starts_with(std::to_string(written)));
    CHECK(tail.ends_with("\nthe last"));
}

TEST_CASE("workers that flood wait, however many, so that the keeper hardly works") {
    constexpr int count = 64;
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    for (int i = 1; i <= count; ++i) {
        controller.order("launch\narg /bin/sh\narg -c\narg exec yes >&2\nid " + std::to_string(i) +
                         " 1");
        controller.hear("launched " + std::to_string(i) + ".1 ");
    }
    const auto before = used_by(stage.keeper());
    const auto begin = Clock::now();
    for (int i = 1; i <= count; ++i) {
        CHECK(writes_more_than(controller, std::to_string(i) + " 1", ten_rings));
    }
    const std::chrono::duration<double> passed = Clock::now() - begin;
    const double share = (used_by(stage.keeper()) - before) / passed;
    MESSAGE(count, " workers flood: the keeper used ", share, " of a processor in ", passed.count(),
            " s");
    CHECK(share < 0.1);
}

TEST_CASE("a worker that floods its stderr starves nobody, whether somebody reads or not") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    controller.order("launch\narg /bin/sh\narg -c\narg exec yes >&2\nid 1 1");
    const std::string flood = controller.hear("launched 1.1 ");
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
