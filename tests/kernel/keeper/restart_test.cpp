// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/stage.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

const std::string k_sleeper = "launch\narg sleep\narg 1000";

recycler::UniqueFd connect_to(int port) {
    recycler::UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return client;
}

bool has_core(const std::string& folder) {
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().filename().string().starts_with("core")) {
            return entry.file_size() > 0;
        }
    }
    return false;
}

int exit_code_with(const std::string& script) {
    Stage stage{{.environment = {"RECYCLER_WATCHDOG=0", "RECYCLER_CONTROLLER=/bin/sh"},
                 .arguments = {"-c", script}}};
    return stage.wait_for_keeper();
}

} // namespace

TEST_CASE(
    "a killed controller is followed by one that gets everything, and exits of the meantime") {
    Stage stage;
    Actor first = stage.next_controller();
    CHECK(first.hear("ready ").starts_with("0 " + std::to_string(stage.keeper())));
    first.order_and_wait("established");
    first.order(k_sleeper + "\nid 1 1");
    const std::string running = first.hear("launched 1.1 ");
    first.order(k_sleeper + "\nid 2 1");
    const std::string ending = first.hear("launched 2.1 ");
    first.order("launch\narg /no/such\nid 3 1");
    first.hear("failed 3.1");

    REQUIRE(::kill(first.pid(), SIGSTOP) == 0); // it hears nothing of this:
    REQUIRE(::kill(std::stoi(ending), SIGTERM) == 0);
    REQUIRE(is_gone_soon(std::stoi(ending)));
    REQUIRE(::kill(first.pid(), SIGKILL) == 0);

    Actor second = stage.next_controller();
    CHECK(second.hear("held worker 1.1 ") == running + " running");
    CHECK(second.hear("held worker 2.1 ") ==
          ending + " exited " + std::to_string(CLD_KILLED) + " 15");
    CHECK(second.hear("held worker 3.1 ").ends_with(" failed exec 2"));
    CHECK(second.hear("ready ").starts_with("1 "));

    // It is the keeper's child still: its end is told to the new one, exactly.
    REQUIRE(::kill(std::stoi(running), SIGKILL) == 0);
    CHECK(second.hear("exited 1.1 ") == std::to_string(CLD_KILLED) + " 9");

    second.order_and_wait("forget\nid 1 1");
    second.order_and_wait("forget\nid 2 1");
    second.order_and_wait("forget\nid 3 1");
    REQUIRE(::kill(second.pid(), SIGKILL) == 0);
    Actor third = stage.next_controller();
    CHECK(third.hear_next().starts_with("ready 2 "));
}

TEST_CASE("a stopped controller is noticed, ended and followed; its workers live on") {
    Stage stage{{.environment = {"RECYCLER_WATCHDOG=900"}}};
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    first.order(k_sleeper);
    const std::string worker = first.hear("launched 1.1 ");
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(::kill(first.pid(), SIGSTOP) == 0);
    Actor second = stage.next_controller();
    const auto taken = std::chrono::steady_clock::now() - before;
    CHECK(second.hear("held worker 1.1 ") == worker + " running");
    CHECK(is_gone_soon(first.pid()));
    CHECK(taken >= std::chrono::milliseconds{900});
}

TEST_CASE("a controller that spins is ended with a core, and told about, and followed") {
    // AddressSanitizer forbids cores unless told otherwise.
    Stage stage{{.environment = {"RECYCLER_WATCHDOG=300", "ASAN_OPTIONS=disable_coredump=0"},
                 .limits = {{RLIMIT_CORE, RLIM_INFINITY}},
                 .log = "log"}};
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    first.order(k_sleeper);
    const std::string worker = first.hear("launched 1.1 ");
    first.order("spin\ndir " + stage.folder());
    first.hear("spins");
    Actor second = stage.next_controller();
    CHECK(second.hear("held worker 1.1 ") == worker + " running");
    const std::string log = content_of(stage.folder() + "/log");
    CHECK(log.find("the controller " + std::to_string(first.pid()) + " does not answer") !=
          std::string::npos);
    CHECK(log.find("it stood in: R (running)") != std::string::npos);
    CHECK(log.find("ended by signal " + std::to_string(SIGABRT)) != std::string::npos);
    const std::string pattern = content_of("/proc/sys/kernel/core_pattern");
    if (pattern.find_first_of("|/%") != std::string::npos) {
        MESSAGE("cores go elsewhere on this machine (", pattern, "): not looked for");
        return;
    }
    CHECK(has_core(stage.folder()));
}

TEST_CASE("a stopped controller dies of its own core signal, and where it stood is told") {
    Stage stage{{.environment = {"RECYCLER_WATCHDOG=300"}, .log = "log"}};
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    REQUIRE(::kill(first.pid(), SIGSTOP) == 0);
    Actor second = stage.next_controller();
    second.hear("ready 1 ");
    const std::string log = content_of(stage.folder() + "/log");
    CHECK(log.find("it stood in: T (stopped)") != std::string::npos);
    CHECK(log.find("ended by signal " + std::to_string(SIGABRT)) != std::string::npos);
}

TEST_CASE("a deposited listener outlives the controller with what is queued on it") {
    Stage stage;
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    first.order("listen");
    const recycler::UniqueFd queued = connect_to(std::stoi(first.hear("port ")));
    first.hear("done");
    REQUIRE(::kill(first.pid(), SIGKILL) == 0);
    Actor second = stage.next_controller();
    CHECK(second.hear("held deposit ") == "1 7 1 blue");
    second.order("accept");
    second.hear("accepted");
    second.hear("done");
    second.order_and_wait("withdraw");
    REQUIRE(::kill(second.pid(), SIGKILL) == 0);
    CHECK(stage.next_controller().hear_next().starts_with("ready 2 "));
}

TEST_CASE("a controller of another protocol is refused and the former one serves again, with its "
          "workers") {
    Stage stage;
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    first.order(k_sleeper);
    const std::string worker = first.hear("launched 1.1 ");
    stage.install("test_controller_other_protocol");
    REQUIRE(::kill(first.pid(), SIGKILL) == 0);
    Actor back = stage.next_controller(); // the other one never reports for orders
    CHECK(back.hear("held worker 1.1 ") == worker + " running");
    CHECK(back.hear("ready ").starts_with("2 "));
    back.order_and_wait("established");

    // What was refused is not tried again; what is installed after it is.
    REQUIRE(::kill(back.pid(), SIGKILL) == 0);
    Actor again = stage.next_controller();
    CHECK(again.hear("ready ").starts_with("3 "));
    stage.install("test_controller");
    REQUIRE(::kill(again.pid(), SIGKILL) == 0);
    Actor fresh = stage.next_controller();
    CHECK(fresh.hear("ready ").starts_with("4 "));
    CHECK(content_of("/proc/" + std::to_string(fresh.pid()) + "/comm") ==
          "recycler-contro\n"); // by name, not by descriptor
}

TEST_CASE("the first controller's refusals are the daemon's own exit code, with its arguments") {
    CHECK(exit_code_with("exit 64") == 64);
    CHECK(exit_code_with("exit 71") == 71);
    CHECK(exit_code_with("exit 78") == 78);
    CHECK(exit_code_with("exit 0") == 0);
}

TEST_CASE("a controller that never works ends the daemon with 71") {
    CHECK(exit_code_with("exit 1") == 71);
    CHECK(exit_code_with("kill -SEGV $$") == 71);
    Stage stage{{.environment = {"RECYCLER_WATCHDOG=0", "RECYCLER_CONTROLLER=/no/such/program"}}};
    CHECK(stage.wait_for_keeper() == 71);
}

TEST_CASE("the same exit of a later controller is never fatal") {
    Stage stage;
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    first.order("exit\nnumber 78");
    Actor second = stage.next_controller();
    second.hear("ready 1");
    second.order("exit\nnumber 78"); // before it was established
    Actor third = stage.next_controller();
    third.hear("ready 2");
}

TEST_CASE(
    "a signal of the operator reaches the controller, and the next one when it came between") {
    Stage stage;
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    REQUIRE(::kill(stage.keeper(), SIGHUP) == 0);
    CHECK(first.hear("signal ") == std::to_string(SIGHUP));
    REQUIRE(::kill(first.pid(), SIGSTOP) == 0); // nobody listens
    REQUIRE(::kill(stage.keeper(), SIGTERM) == 0);
    REQUIRE(::kill(first.pid(), SIGKILL) == 0);
    Actor second = stage.next_controller();
    second.hear("ready ");
    CHECK(second.hear("signal ") == std::to_string(SIGTERM));
    REQUIRE(::kill(stage.keeper(), SIGTERM) == 0);
    CHECK(second.hear("signal ") == std::to_string(SIGTERM));
    CHECK_FALSE(second.has_heard("signal " + std::to_string(SIGHUP))); // that was carried out
}

TEST_CASE("a second stop ends a daemon whose controller has died since the first, in words") {
    Stage stage{{.log = "log"}};
    Actor first = stage.next_controller();
    first.order_and_wait("established");
    first.order(k_sleeper);
    const pid_t worker = std::stoi(first.hear("launched 1.1 "));
    REQUIRE(::kill(stage.keeper(), SIGTERM) == 0);
    first.hear("signal ");
    REQUIRE(::kill(first.pid(), SIGKILL) == 0);
    Actor second = stage.next_controller();
    second.hear("ready ");
    REQUIRE(::kill(stage.keeper(), SIGTERM) == 0);
    second.hear("signal "); // the first one, again
    second.hear("signal "); // it may see to it, and does not
    CHECK(stage.wait_for_keeper() == 0);
    CHECK(is_gone_soon(worker));
    CHECK(content_of(stage.folder() + "/log").find("a controller has died since the first") !=
          std::string::npos);
}

TEST_CASE("a controller that dies of a second stop is not followed: the daemon ends, in words") {
    Stage stage{{.log = "log"}};
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    controller.order(k_sleeper);
    const pid_t worker = std::stoi(controller.hear("launched 1.1 "));
    for (int i = 0; i < 2; ++i) {
        REQUIRE(::kill(stage.keeper(), SIGTERM) == 0);
        controller.hear("signal ");
    }
    REQUIRE(::kill(controller.pid(), SIGKILL) == 0);
    CHECK(stage.wait_for_keeper() == 0);
    CHECK(is_gone_soon(worker));
    const std::string log = content_of(stage.folder() + "/log");
    CHECK(log.find("asked to stop a second time") != std::string::npos);
    CHECK(log.find("starting it again") == std::string::npos);
}

TEST_CASE("quit ends the workers that are left and the daemon, with the code that was given") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    controller.order(k_sleeper);
    const pid_t worker = std::stoi(controller.hear("launched 1.1 "));
    controller.order("quit\nnumber 5");
    CHECK(stage.wait_for_keeper() == 5);
    CHECK(is_gone_soon(worker));
    CHECK(is_gone_soon(controller.pid()));
}

TEST_CASE("a killed keeper takes its workers along and the controller learns of it") {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order(k_sleeper + "\nuid 65534");
    const pid_t worker = std::stoi(controller.hear("launched 1.1 "));
    REQUIRE(::kill(stage.keeper(), SIGKILL) == 0);
    CHECK(is_gone_soon(worker));
    controller.hear("gone");
}
