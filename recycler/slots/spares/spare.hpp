// SPDX-License-Identifier: MIT
// A worker that has no slot yet: it has booted, or does, and stands in its accept() until it is
// given the place of one that has gone. Plain state, no behaviour.
#pragma once

#include "policies/policy.hpp"
#include "recycler/slots/action.hpp"
#include "recycler/slots/worker.hpp"

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

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

// Of all that are there.
inline std::size_t living(const std::vector<Spare>& spares) {
    return static_cast<std::size_t>(
        std::ranges::count_if(spares, [](const Spare& spare) { return !is_ending(spare); }));
}

inline std::optional<MonoTime> ages_at(const Spare& spare, const policies::Policy& policy) {
    return policy.recycle.age && is_ready(spare)
               ? std::optional(spare.worker.launched_at + *policy.recycle.age)
               : std::nullopt;
}

} // namespace recycler::slots
