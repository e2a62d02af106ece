// SPDX-License-Identifier: MIT
// How a due worker is replaced: one decision from a few facts about its slot and the app.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/units.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::slots {

struct Situation {
    policies::HandoverMode configured = policies::HandoverMode::automatic;
    bool can_show = true;        // a hidden listener can be shown again (CAP_NET_RAW)
    bool parkable = true;        // the recorder is in the worker
    bool steerable = true;       // another listener can join its own without getting connections
    bool keeps = true;           // a worker that is told to stop leaves its listener as it is
    bool fresh = false;          // it is replaced for its listener, which must not be handed on
    bool last_open = false;      // no other slot of the app has an open gate
    bool in_rotation = true;     // its gate is open
    bool predecessor = false;    // the worker before is still working off its last requests
    bool budget = true;          // one more slot may become unavailable
    bool reserve = true;         // or may where that cannot wait
    bool settling = false;       // the gate opened last has not seen traffic yet
    bool room = true;            // memory admits a second worker
    bool room_will_come = false; // other handovers are under way: each gives back a whole worker
    std::optional<Duration> learned_start;
    std::optional<Duration> learned_stop;
    std::optional<Duration> until_max; // predicted time to memory.max
};

struct Overlap {};
struct OverlapBehindClosedGate {};
struct OverlapApart {}; // on a listener that joins no other
struct Queue {};
struct Close {};
struct Wait {
    std::string reason; // completes "waiting for ..."
};
using Handover = std::variant<Overlap, OverlapBehindClosedGate, OverlapApart, Queue, Close, Wait>;

// A start of at most this, and the end of the worker before, are short enough for requests to wait
// in the queue.
inline constexpr Duration k_short_start = std::chrono::seconds(1);

// From the decision to the stop signal: the rest of the requests that run, and the looks at them.
inline constexpr Duration k_to_begin = std::chrono::seconds(2);

inline constexpr const char* k_waits_for_budget =
    "another slot to become available (capacity.max_unavailable)";

inline constexpr const char* k_waits_for_room =
    "memory for a second worker beside it (memory.app_max, or what the machine has)";

inline constexpr const char* k_waits_for_steering =
    "a listener beside which connections can be steered (see the log)";

// Never answers with one that would close the last open gate, or exceed the budget; but that a
// worker which would reach memory.max meanwhile hands its queue over beyond it, within the reserve.
[[nodiscard]] Handover choose_handover(const Situation& situation);

} // namespace recycler::slots
