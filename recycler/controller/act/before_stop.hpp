// SPDX-License-Identifier: MIT
// What was sent to a worker, and what it did before it got its stop signal. heeding.hpp compares
// what it does afterwards. Plain values.
#pragma once

#include "recycler/worker/look/stance.hpp"
#include "recycler/worker/signals/signal_fate.hpp"

#include <optional>

namespace recycler::controller {

// What we have sent it so far.
struct SentSignals {
    std::optional<int> stop;
    bool kill = false;
};

// What could not be seen is none.
struct BeforeStop {
    std::optional<worker::Stance> stance;   // where its threads stood
    std::optional<worker::SignalFate> fate; // of the signal that tells it
};

} // namespace recycler::controller
