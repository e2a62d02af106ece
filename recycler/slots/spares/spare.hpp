// SPDX-License-Identifier: MIT
// A worker that has no slot yet: it has booted, or does, and stands in its accept() until it is
// given the place of one that has gone. Plain state, no behaviour.
#pragma once

#include "recycler/slots/action.hpp"
#include "recycler/slots/worker.hpp"

#include <optional>
#include <variant>

namespace recycler::slots {

struct SpareStarting {
    MonoTime give_up_at;
    Looks looks;
};
struct SpareWaiting {};
// It holds no connection, so it is killed as it stands.
struct SpareEnding {
    Order order = Order::cancel;
    std::optional<Trigger> trigger;
    MonoTime kill_again_at;
};
using SparePhase = std::variant<SpareStarting, SpareWaiting, SpareEnding>;

// `worker.id` is {k_spare_slot, number}, and `worker.listener` says the same of its birth listener.
struct Spare {
    Worker worker;
    SparePhase phase;
};

inline bool is_ready(const Spare& spare) {
    return std::holds_alternative<SpareWaiting>(spare.phase);
}
inline bool starts(const Spare& spare) {
    return std::holds_alternative<SpareStarting>(spare.phase);
}
inline bool is_ending(const Spare& spare) {
    return std::holds_alternative<SpareEnding>(spare.phase);
}

} // namespace recycler::slots
