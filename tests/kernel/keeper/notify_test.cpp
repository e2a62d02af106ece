// SPDX-License-Identifier: MIT
// What systemd hears of the keeper: a datagram socket of the test stands where systemd's would.
#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

constexpr const char* k_starting = "0";
constexpr const char* k_serving = "1";
constexpr const char* k_stopping = "2";

// systemd's end of $NOTIFY_SOCKET.
class Ear {
  public:
    explicit Ear(const std::string& name = "@recycler-test-" + std::to_string(::getpid()))
        : name_(name), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        address_.sun_family = AF_UNIX;
        name.copy(address_.sun_path, sizeof address_.sun_path - 1);
        address_.sun_path[0] = name.front() == '@' ? '\0' : name.front();
        size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                       (name.front() == '@' ? 0 : 1));
        REQUIRE(::bind(socket_.get(), at(), size_) == 0);
    }
    Ear(const Ear&) = delete;
    Ear& operator=(const Ear&) = delete;
    ~Ear() {
        if (name_.front() == '/') {
            ::unlink(name_.c_str());
        }
    }

    [[nodiscard]] StageSetup setup(std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"RECYCLER_WATCHDOG=0", "NOTIFY_SOCKET=" + name_});
        return {.environment = std::move(more)};
    }

    // What has come so far.
    void forget() {
        char any = 0;
        while (::recv(socket_.get(), &any, sizeof any, MSG_DONTWAIT) >= 0) {
        }
    }

    // The next datagram.
    std::string hear() {
        pollfd question{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&question, 1, 30'000) == 1);
        std::string text(4096, '\0');
        const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), 0);
        REQUIRE(size >= 0);
        text.resize(static_cast<std::size_t>(size));
        return text;
    }

    // Sends to itself until the queue takes no more; how many went in.
    int fill() {
        int count = 0;
        const recycler::UniqueFd sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        while (::sendto(sender.get(), "x", 1, MSG_DONTWAIT, at(), size_) == 1) {
            ++count;
        }
        REQUIRE(errno == EAGAIN);
        return count;
    }

  private:
    [[nodiscard]] const sockaddr* at() const {
        return reinterpret_cast<const sockaddr*>(&address_);
    }

    std::string name_;
    recycler::UniqueFd socket_;
    sockaddr_un address_{};
    socklen_t size_ = 0;
};

std::string unit_state(const std::string& phase, const std::string& text,
                       const std::string& more = "") {
    return "standing\nphase " + phase + "\ntext " + text + more;
}

// Microseconds behind EXTEND_TIMEOUT_USEC; 0: it is not in there.
long long extension_in(const std::string& text) {
    const std::string name = "EXTEND_TIMEOUT_USEC=";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + name.size()));
}

} // namespace

TEST_CASE("systemd hears that the app is ready when the controller says so, not when it is there") {
    Ear systemd;
    Stage stage{systemd.setup()};
    Actor controller = stage.next_controller();
    controller.order_and_wait("established");
    controller.order_and_wait(unit_state(k_starting, "2 starting", "\nseconds 75"));
    const std::string starting = systemd.hear();
    CHECK(starting.starts_with("STATUS=2 starting\nEXTEND_TIMEOUT_USEC="));
    CHECK(extension_in(starting) > 70'000'000);
    CHECK(extension_in(starting) <= 75'000'000);

    controller.order_and_wait(unit_state(k_serving, "2 serving"));
    CHECK(systemd.hear() == "READY=1\nSTATUS=2 serving\n");
    controller.order_and_wait(unit_state(k_serving, "2 serving")); // nothing new: not said again
    controller.order_and_wait(unit_state(k_serving, "1 serving"));
    CHECK(systemd.hear() == "STATUS=1 serving\n");

    // Another controller is no other start.
    REQUIRE(::kill(controller.pid(), SIGKILL) == 0);
    Actor second = stage.next_controller();
    second.order_and_wait(unit_state(k_starting, "1 starting"));
    CHECK(systemd.hear() == "STATUS=1 starting\n");
    second.order_and_wait(unit_state(k_serving, "3 serving"));
    CHECK(systemd.hear() == "STATUS=3 serving\n");
}

TEST_CASE("a stop is told at once, and how long the policy lets it last") {
    Ear systemd;
    Stage stage{systemd.setup()};
    Actor controller = stage.next_controller();
    controller.order_and_wait(unit_state(k_serving, "serves"));
    CHECK(systemd.hear() == "READY=1\nSTATUS=serves\n");
    REQUIRE(::kill(stage.keeper(), SIGTERM) == 0);
    CHECK(systemd.hear() == "STOPPING=1\n"); // whatever the controller does
    controller.order_and_wait(unit_state(k_stopping, "stopping", "\nseconds 310"));
    const std::string stopping = systemd.hear();
    CHECK(stopping.starts_with("STATUS=stopping\n"));
    CHECK(extension_in(stopping) > 300'000'000);

    Ear other{stage.folder() + "/notify"}; // a stop that the controller begins, told to a path
    Stage second{other.setup()};
    Actor stopper = second.next_controller();
    stopper.order_and_wait(unit_state(k_stopping, "stopping"));
    CHECK(other.hear() == "STOPPING=1\nSTATUS=stopping\n");
}

TEST_CASE("a status is one line of printable characters, whatever the controller says") {
    Ear systemd;
    Stage stage{systemd.setup()};
    Actor controller = stage.next_controller();
    controller.order_and_wait(unit_state(k_starting, "a|READY=1|\xc3\xa9\x1b"));
    CHECK(systemd.hear() == "STATUS=a?READY=1????\n");
    controller.order_and_wait(unit_state(k_starting, std::string(1000, 'x')));
    CHECK(systemd.hear() == "STATUS=" + std::string(199, 'x') + "\n");
    controller.order("standing\nphase 3");
    controller.hear("rejected 0.0 9 ");
}

TEST_CASE("a full socket keeps nobody waiting, and what was not taken is told later") {
    Ear systemd;
    Stage stage{systemd.setup()};
    Actor controller = stage.next_controller();
    const int junk = systemd.fill();
    controller.order_and_wait(unit_state(k_serving, "serves"));
    controller.order("launch\narg true"); // the keeper goes on
    controller.hear("exited 1.1 ");
    controller.order_and_wait(unit_state(k_serving, "serves on"));
    for (int i = 0; i < junk; ++i) {
        CHECK(systemd.hear() == "x");
    }
    CHECK(systemd.hear() == "READY=1\nSTATUS=serves on\n");
}

TEST_CASE("life signs are the keeper's own, whatever its controller does") {
    Ear systemd;
    Stage stage{systemd.setup({"WATCHDOG_USEC=100000"})};
    Actor controller = stage.next_controller();
    REQUIRE(::kill(controller.pid(), SIGSTOP) == 0);
    const auto before = std::chrono::steady_clock::now();
    systemd.forget(); // a test that was held up finds several that were sent before
    for (int i = 0; i < 4; ++i) {
        CHECK(systemd.hear() == "WATCHDOG=1\n");
    }
    // Three pauses of 50 ms lie between them; the first one may be late.
    CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds{100});
    REQUIRE(::kill(controller.pid(), SIGKILL) == 0);
}

TEST_CASE("life signs that are wanted of another process are not ours, and nothing is handed on") {
    Ear systemd;
    Stage stage{systemd.setup({"WATCHDOG_USEC=1000", "WATCHDOG_PID=1"})};
    Actor controller = stage.next_controller();
    controller.order("launch\narg sleep\narg 0.1");
    controller.hear("exited 1.1 ");
    controller.order_and_wait(unit_state(k_serving, "serves"));
    CHECK(systemd.hear() == "READY=1\nSTATUS=serves\n");
    const std::string environment =
        content_of("/proc/" + std::to_string(controller.pid()) + "/environ");
    CHECK(environment.find("NOTIFY_SOCKET") == std::string::npos);
    CHECK(environment.find("WATCHDOG_USEC") == std::string::npos);
    CHECK(environment.find("RECYCLER_STAGE") != std::string::npos);
}
