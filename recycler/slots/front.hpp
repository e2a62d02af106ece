// SPDX-License-Identifier: MIT
// What the front of a slot can be doing: one variant, plain state, no behaviour. What is valid in
// one state only lives in that state only. The prose above decider.hpp tells how they follow one
// another.
#pragma once

#include "recycler/base/trigger.hpp"
#include "recycler/slots/action.hpp"
#include "recycler/slots/handover/heeding.hpp"
#include "recycler/slots/worker.hpp"

namespace recycler::slots {

// Who follows an unexpected end takes a turn among the starts of the whole app (start_rate.hpp).
enum class TurnToStart { not_needed, wanted, taken };
// No worker. `launch_at`: when the next one may start; none while the slot is to stay empty.
struct Vacant {
    std::optional<MonoTime> launch_at;
    TurnToStart turn = TurnToStart::not_needed;
    bool unbraked = false; // by a person's word, before its time
};
// No worker, and none wanted: the hidden listener is closed as soon as its queue is shown to be
// empty.
struct Leaving {
    MonoTime hidden_at;
    Looks looks;
};
struct Starting {
    Worker worker;
    MonoTime give_up_at;
    Looks looks;
};
struct Serving {
    Worker worker;
};
// What follows when a draining worker is idle.
struct ThenHold {}; // the operator keeps it, out of rotation
struct ThenReplace {
    Trigger trigger;
};
struct ThenLeave {}; // the slot or the whole app ends
using Then = std::variant<ThenHold, ThenReplace, ThenLeave>;

// The gate is closed; it works off its queue and its requests. Past `cut_at` it is stopped although
// busy.
struct Draining {
    Worker worker;
    Then then;
    MonoTime hidden_at;
    std::optional<MonoTime> cut_at;
    Looks looks;
};
// Idle behind a closed gate, for as long as the operator wants.
struct Drained {
    Worker worker;
};
// Queue handover: it is to stop before its next accept() while the gate stays as it is.
struct Parking {
    Worker worker;
    Trigger trigger;
    MonoTime cut_at;
    Looks looks;
};
// The stop signal is sent. At `kill_at` its tree is killed; while its gate may be open (`proof_by`
// set) only when it is shown to hold no connection, or when `proof_by` has passed.
struct Stopping {
    Worker worker;
    Order order = Order::none;
    std::optional<Trigger> trigger;
    MonoTime kill_at;
    std::optional<MonoTime> proof_by;
    std::optional<Heeding> heeding{}; // of one that was idle when it was told
    bool told = true;                 // else it is, once it is shown to hold no connection
};
using Front =
    std::variant<Vacant, Leaving, Starting, Serving, Draining, Drained, Parking, Stopping>;

// The worker of a front, or null.
inline const Worker* worker_of(const Front& front) {
    return std::visit(
        [](const auto& state) -> const Worker* {
            if constexpr (requires { state.worker; }) {
                return &state.worker;
            } else {
                return nullptr;
            }
        },
        front);
}
inline Worker* worker_of(Front& front) {
    return const_cast<Worker*>(worker_of(static_cast<const Front&>(front)));
}

} // namespace recycler::slots
