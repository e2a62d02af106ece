// SPDX-License-Identifier: MIT
#include "recycler/recorder/held_signals.hpp"

#include <cerrno>

namespace recycler::recorder {
namespace {

bool ends_a_call(int number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0) {
        return false; // libc keeps the number to itself
    }
    const bool handled = action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
    return handled && (action.sa_flags & SA_RESTART) == 0;
}

} // namespace

// Neither call can fail with valid pointers.
HeldSignals::HeldSignals() {
    sigset_t all{};
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before_);
}

bool HeldSignals::release() {
    const int error = errno;
    sigset_t came{};
    (void)sigpending(&came); // cannot fail with a valid pointer
    bool ends = false;
    for (int number = 1; number < NSIG && !ends; ++number) {
        ends = sigismember(&came, number) == 1 && sigismember(&before_, number) == 0 &&
               ends_a_call(number);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr); // as above
    errno = error;
    return ends;
}

bool a_handler_ends_calls() {
    const int error = errno;
    sigset_t blocked{};
    (void)pthread_sigmask(SIG_BLOCK, nullptr, &blocked); // cannot fail with a valid pointer
    bool ends = false;
    for (int number = 1; number < NSIG && !ends; ++number) {
        ends = sigismember(&blocked, number) == 0 && ends_a_call(number);
    }
    errno = error;
    return ends;
}

} // namespace recycler::recorder
