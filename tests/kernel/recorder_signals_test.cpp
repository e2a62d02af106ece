// SPDX-License-Identifier: MIT
// Signals that come while the recorder is at work in front of a call that they are to end.
#include "recycler/recorder/held_signals.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>

using recycler::recorder::HeldSignals;

namespace {

volatile std::sig_atomic_t handled = 0;

void count(int) {
    handled = handled + 1;
}

// What SIGUSR1 does, until the end of the block.
class Disposition {
  public:
    Disposition(void (*handler)(int), int flags) {
        struct sigaction action {};
        action.sa_handler = handler;
        action.sa_flags = flags;
        REQUIRE(sigaction(SIGUSR1, &action, &before_) == 0);
        handled = 0;
    }
    Disposition(const Disposition&) = delete;
    Disposition& operator=(const Disposition&) = delete;
    ~Disposition() { CHECK(sigaction(SIGUSR1, &before_, nullptr) == 0); }

  private:
    struct sigaction before_ {};
};

bool ended_by_a_signal() {
    HeldSignals held;
    REQUIRE(raise(SIGUSR1) == 0);
    CHECK(handled == 0);
    errno = EXDEV;
    const bool ended = held.release();
    CHECK(errno == EXDEV);
    return ended;
}

} // namespace

TEST_CASE("a handler runs after the hold, and is told of as the call would have told") {
    const Disposition disposition{count, 0};
    CHECK(ended_by_a_signal());
    CHECK(handled == 1);
    HeldSignals again;
    CHECK_FALSE(again.release());
    CHECK(handled == 1);
}

TEST_CASE("a handler that restarts calls runs and is not told of") {
    const Disposition disposition{count, SA_RESTART};
    CHECK_FALSE(ended_by_a_signal());
    CHECK(handled == 1);
}

TEST_CASE("a signal that is ignored is not told of") {
    const Disposition disposition{SIG_IGN, 0};
    CHECK_FALSE(ended_by_a_signal());
}

TEST_CASE("a signal that the worker blocks itself stays with it") {
    const Disposition disposition{count, 0};
    sigset_t one{};
    REQUIRE(sigemptyset(&one) == 0);
    REQUIRE(sigaddset(&one, SIGUSR1) == 0);
    sigset_t before{};
    REQUIRE(pthread_sigmask(SIG_BLOCK, &one, &before) == 0);
    CHECK_FALSE(ended_by_a_signal());
    CHECK(handled == 0);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
    CHECK(handled == 1);
}
