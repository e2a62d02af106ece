// One slot and its workers, as the fleet sees them: plain state, no behaviour. What is valid in one
// state only lives in that state only.
//
// A slot has a *front*: the worker whose listener gets the connections. During an overlap it also
// has a *successor*, which starts on a second listener that gets none yet, and afterwards a
// *retiring* worker, which works off what it had on a listener that gets none any more.
#pragma once

#include "recycler/fleet/action.hpp"
#include "recycler/fleet/brake.hpp"

#include <algorithm>
#include <vector>

namespace recycler::fleet {

// A pause between two looks at something the kernel does not announce: it doubles up to
// `k_longest`.
struct Looks {
    // A parked or drained worker is found within a twentieth of a second, and a drain of minutes
    // costs next to nothing.
    static constexpr Duration k_longest = std::chrono::milliseconds(50);
    MonoTime next;
    Duration pause = std::chrono::milliseconds(1);

    void again(MonoTime now) {
        next = now + pause;
        pause = std::min(pause * 2, k_longest);
    }
};

struct Worker {
    WorkerId id;
    ListenerId listener;
    MonoTime launched_at;
    std::optional<MonoTime> ready_at;
    MonoTime sample_at;
    policies::Trend trend;
    std::optional<policies::Sample> last;
};

// No worker. `launch_at`: when the next one may start; none while the slot is to stay empty.
struct Vacant {
    std::optional<MonoTime> launch_at;
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
};
using Front =
    std::variant<Vacant, Leaving, Starting, Serving, Draining, Drained, Parking, Stopping>;

// The replacement of an overlap, until it is ready.
struct Successor {
    Worker worker;
    Opening opening = Opening::joined;
    MonoTime give_up_at;
    Looks looks;
};

// The replaced worker of an overlap. Steered: it gets no new connection any more but is still
// shown, for the handshakes under way at the instant of steering.
struct Steered {
    MonoTime hide_at;
};
struct RetiringDraining {
    MonoTime hidden_at;
    MonoTime cut_at;
    Looks looks;
};
struct RetiringStopping {
    Order order = Order::recycle;
    MonoTime kill_at;
};
// It ended with connections perhaps still queued: if so, another worker is started to serve them.
struct RetiringOrphaned {
    MonoTime hidden_at;
    Looks looks;
};
using RetiringPhase = std::variant<Steered, RetiringDraining, RetiringStopping, RetiringOrphaned>;
struct Retiring {
    Worker worker;
    Trigger trigger;
    RetiringPhase phase;
};

// A successor that is no longer wanted: killed, and its listener, which never got a connection,
// goes with it.
struct Doomed {
    Worker worker;
    Order order = Order::cancel;
    MonoTime kill_again_at;
};

// Ended, its burial ordered and not yet confirmed.
struct Dead {
    WorkerId id;
    Order order = Order::none;
    std::optional<Trigger> trigger;
};

enum class Gate : std::uint8_t { open, closed };
// What is wanted of a slot: `out`: drained by the operator; `gone`: no longer in the policy, or the
// app stops.
enum class Wanted : std::uint8_t { in, out, gone };

// A recycle that is due. `waiting_for` tells people why it has not begun; empty when it may.
struct Due {
    Trigger trigger;
    MonoTime since;
    std::string waiting_for;
};

// After a gate re-opened: wait for traffic on it, or until then, before the next one closes.
struct Settling {
    MonoTime until;
    std::uint64_t accepted_before = 0; // by the worker that stands behind it
};

struct Slot {
    SlotId id;
    std::uint32_t next_generation = 1;
    std::uint32_t next_serial = 1;
    ListenerId listener;
    Gate gate = Gate::open;
    Wanted wanted = Wanted::in;
    Front front = Vacant{};
    std::optional<Successor> successor;
    std::optional<Retiring> retiring;
    std::optional<Due> due;
    std::optional<Settling> settling;
    std::vector<Doomed> doomed;
    std::vector<Dead> dead;
    Brake brake;
};

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

} // namespace recycler::fleet
