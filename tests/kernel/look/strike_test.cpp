// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/strike.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::worker;

namespace {

// A child that sleeps until it is sent a signal.
class Sleeper {
  public:
    Sleeper() : pid_(::fork()) {
        if (pid_ == 0) {
            for (;;) {
                (void)::pause();
            }
        }
        REQUIRE(pid_ > 0);
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() { (void)ended_by(SIGKILL); }

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Sends the signal, and tells which one ended it: a SIGKILL from before, or this one.
    int ended_by(int signal) {
        int status = 0;
        if (pid_ > 0) {
            (void)::kill(pid_, signal);
            (void)::waitpid(std::exchange(pid_, -1), &status, 0);
        }
        return WTERMSIG(status);
    }

  private:
    pid_t pid_;
};

} // namespace

TEST_CASE("who is no longer listed once it is held is spared, and whoever is still listed ends") {
    Sleeper stranger, ours;
    int lists = 0;
    const auto struck = strike([&]() -> recycler::Result<std::vector<pid_t>> {
        return ++lists == 1 ? std::vector<pid_t>{stranger.pid(), ours.pid()}
                            : std::vector<pid_t>{ours.pid()};
    });
    CHECK(struck);
    CHECK(stranger.ended_by(SIGUSR1) == SIGUSR1);
    CHECK(ours.ended_by(SIGUSR1) == SIGKILL);
}

TEST_CASE("who has ended is no error, and nobody is struck where the list cannot be read again") {
    Sleeper gone, ours;
    const pid_t number = gone.pid();
    (void)gone.ended_by(SIGKILL);
    CHECK(strike([&]() -> recycler::Result<std::vector<pid_t>> { return std::vector{number}; }));
    int lists = 0;
    const auto struck = strike([&]() -> recycler::Result<std::vector<pid_t>> {
        return ++lists == 1 ? recycler::Result(std::vector{ours.pid()})
                            : recycler::Error{EIO, "list the processes"};
    });
    REQUIRE_FALSE(struck);
    CHECK(struck.error().code == EIO);
    CHECK(ours.ended_by(SIGUSR1) == SIGUSR1);
}
