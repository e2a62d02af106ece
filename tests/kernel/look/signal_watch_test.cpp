// SPDX-License-Identifier: MIT
// Who sent a signal is seen without a tracefs that anybody has mounted, and none is mounted for it.
#include "recycler/worker/signals/signal_watch.hpp"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <poll.h>
#include <sched.h>
#include <sstream>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::worker;

namespace {

namespace fs = std::filesystem;

constexpr int k_patience_ms = 10'000;

// What a child says that has mounts of its own.
std::string told_apart(const std::function<std::string()>& body) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const bool apart = ::unshare(CLONE_NEWNS) == 0 &&
                           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        const std::string told = apart ? body() : "no mounts of its own";
        ::_exit(::write(pipe[1], told.data(), told.size()) < 0 ? 1 : 0);
    }
    ::close(pipe[1]);
    std::string told;
    std::array<char, 512> part{};
    for (ssize_t got = 0; (got = ::read(pipe[0], part.data(), part.size())) > 0;) {
        told.append(part.data(), static_cast<std::size_t>(got));
    }
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    return told;
}

void hide(const std::string& folder) {
    if (fs::exists(folder)) {
        (void)::mount("none", folder.c_str(), "tmpfs", 0, nullptr);
    }
}

std::string mounts() {
    std::stringstream text;
    text << std::ifstream("/proc/self/mountinfo").rdbuf();
    return text.str();
}

bool holds_a_folder() {
    for (int fd = 3; fd < 64; ++fd) { // a listing would open one
        std::error_code closed;
        if (fs::is_directory("/proc/self/fd/" + std::to_string(fd), closed)) {
            return true;
        }
    }
    return false;
}

bool sees_own_signal(SignalWatch& watch, pid_t victim) {
    ::kill(victim, SIGKILL);
    pollfd readable{.fd = watch.fd(), .events = POLLIN, .revents = 0};
    while (::poll(&readable, 1, k_patience_ms) > 0) {
        for (const SignalSeen& seen : watch.read().signals) {
            if (seen.victim == victim && seen.sender == ::getpid() && seen.signal == SIGKILL) {
                return true;
            }
        }
    }
    return false;
}

std::string watch_without_a_mount() {
    hide("/sys/kernel/tracing");
    hide("/sys/kernel/debug");
    const std::string before = mounts();
    auto watch = SignalWatch::open();
    if (!watch) {
        return watch.error().message();
    }
    if (mounts() != before || holds_a_folder()) {
        return "it left a mount or a folder";
    }
    const pid_t victim = ::fork();
    if (victim == 0) {
        for (;;) {
            ::pause();
        }
    }
    const bool seen = sees_own_signal(*watch, victim);
    ::waitpid(victim, nullptr, 0);
    return seen ? "seen" : "not seen";
}

} // namespace

TEST_CASE(
    "who sent a signal is seen where nobody has mounted a tracefs, and none is left mounted") {
    const std::string told = told_apart(watch_without_a_mount);
    if (told.find("pid namespace") != std::string::npos) {
        MESSAGE("left out: ", told);
        return;
    }
    CHECK(told == "seen");
}
