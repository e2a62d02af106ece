// SPDX-License-Identifier: MIT
// What we had ordered of a worker when it ended, and how far that had gone: a part of the evidence
// (evidence.hpp). Plain values.
#pragma once

#include "recycler/base/trigger.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace recycler::death {

// What we wanted of the worker when it ended.
enum class Purpose {
    recycle,   // drain, stop, replace
    stop,      // the app stops, the slot was removed, or somebody drained it and then stopped it
    hung,      // one request ran longer than recycle.hung
    drain_cut, // still busy at drain.timeout
    cancelled_handover, // a replacement that was no longer wanted
    not_ready,          // start.timeout ran out
    stuck,              // connections waited for recycle.stuck, and it served nobody
    child_oom, // cgroup v1: the kernel killed a child for memory, so we ended the whole tree
};
// Completes "ordered to".
constexpr std::string_view to_string(Purpose purpose) {
    switch (purpose) {
    case Purpose::recycle:
        return "recycle";
    case Purpose::stop:
        return "stop";
    case Purpose::hung:
        return "end it as hung";
    case Purpose::stuck:
        return "end it as stuck";
    case Purpose::drain_cut:
        return "end it at drain.timeout";
    case Purpose::cancelled_handover:
        return "end a replacement no longer wanted";
    case Purpose::not_ready:
        return "end it at start.timeout";
    case Purpose::child_oom:
        return "end the tree after a child was killed for memory";
    }
    return {};
}

// How far that had gone. A worker that is only draining has been sent nothing yet: if it ends then,
// it ended by itself.
struct NothingSent {};
struct StopSent {
    int signal = 15;
};
struct KillSent {
    std::optional<int> stop_signal; // sent before the kill, if any
};
using Sent = std::variant<NothingSent, StopSent, KillSent>;
struct Order {
    Purpose purpose = Purpose::recycle;
    std::optional<Trigger> trigger;
    Sent sent;
};

} // namespace recycler::death
