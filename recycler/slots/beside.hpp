// SPDX-License-Identifier: MIT
// Who may stand beside the front of a slot: its successor before an overlap's handover, and after
// it the worker that retires. Plain state, no behaviour.
#pragma once

#include "recycler/slots/failing/retry.hpp"
#include "recycler/slots/front.hpp"

#include <optional>
#include <variant>

namespace recycler::slots {

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
    bool revocable = false;           // nothing has gone to the new one if that steering has failed
    std::optional<MonoTime> cut_at{}; // of a drain that a controller before us had begun
};
struct RetiringDraining {
    MonoTime hidden_at;
    MonoTime cut_at;
    Looks looks;
};
struct RetiringStopping {
    Order order = Order::recycle;
    MonoTime kill_at;
    std::optional<Heeding> heeding{}; // of one that was idle when it was told
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
    std::optional<Unattended> unattended{};
    // Of one without the worker that it had in the handover: its listener is shown beside one to
    // which all is steered or is to be, and is hidden then, unless that steering has failed.
    bool shown = false;
    std::optional<MonoTime> hide_at{};
    Order idle_end = Order::recycle; // what its end is for, once it is idle
    std::optional<Retry> unhidden{}; // its listener should be steered past or hidden, and is not
};

} // namespace recycler::slots
