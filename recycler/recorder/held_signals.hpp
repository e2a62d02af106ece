// SPDX-License-Identifier: MIT
// Signals held back from this thread while the recorder does something that takes time in front of
// a call that signals are to end. A handler that ran there would have run in front of the call
// instead of within it, and the worker would wait on, having been told to end. Owns the thread's
// signal mask from its making to release().
#pragma once

#include <csignal>

namespace recycler::recorder {

class HeldSignals {
  public:
    // Holds every signal that can be held. Those that the thread's own faults raise still kill it.
    HeldSignals();
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;
    ~HeldSignals() = default;

    // Puts the mask back, once; what was held is delivered before this returns. Whether a blocking
    // call in its place would have ended with EINTR: a handler without SA_RESTART has run
    // (signal(7)). Keeps errno.
    [[nodiscard]] bool release();

  private:
    sigset_t before_{};
};

// Whether accept() would end with EINTR after a handler has run. No call says which one did, so it
// is enough that one of them, of a signal that this thread takes, was set without SA_RESTART: its
// program knows EINTR. Keeps errno.
[[nodiscard]] bool a_handler_ends_calls();

} // namespace recycler::recorder
