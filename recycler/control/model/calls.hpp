// SPDX-License-Identifier: MIT
// The methods of io.recycler as typed values: what can be asked, what is answered. varlink.hpp
// turns them into messages and back; server.hpp and client.hpp carry them.
#pragma once

#include "recycler/control/model/blame.hpp"
#include "recycler/control/model/model.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::control {

// Slots are named as the user named them: port, address, or "all". No slots: all, where the method
// allows it.
struct StatusCall {
    std::vector<std::string> slots;
    bool operator==(const StatusCall&) const = default;
};
// How an operator's order is answered: when it is done, or as soon as it is accepted.
enum class Wait { until_done, until_accepted };
enum class Force { no, yes };
struct DrainCall {
    std::vector<std::string> slots;
    std::optional<Duration> timeout;
    Force force = Force::no; // yes: also the last open gate of the app
    Wait wait = Wait::until_done;
    bool operator==(const DrainCall&) const = default;
};
struct OpenCall {
    std::vector<std::string> slots;
    bool operator==(const OpenCall&) const = default;
};
struct RecycleCall {
    std::vector<std::string> slots;
    Wait wait = Wait::until_done;
    bool operator==(const RecycleCall&) const = default;
};
struct ReloadCall {
    bool operator==(const ReloadCall&) const = default;
};
// unexpected: without the ends that were planned or harmless.
enum class Ends { all, unexpected };
struct WhyCall {
    std::optional<std::string> slot;
    std::optional<WallTime> since;
    Ends ends = Ends::all;
    bool operator==(const WhyCall&) const = default;
};
// only_recent: what is remembered, in one reply. and_coming: then each new event, without an end.
enum class Follow { only_recent, and_coming };
struct EventsCall {
    Follow follow = Follow::only_recent;
    bool operator==(const EventsCall&) const = default;
};
struct BlameCall {
    bool operator==(const BlameCall&) const = default;
};
struct StopCall {
    bool operator==(const StopCall&) const = default;
};
using Call = std::variant<StatusCall, DrainCall, OpenCall, RecycleCall, ReloadCall, WhyCall,
                          EventsCall, BlameCall, StopCall>;

// Where one slot stands after an order: `state` is a word for people and programs ("drained",
// "draining", "recycled", "waiting"), `note` says the rest ("1 request in flight for 12 s: GET
// /report"). progress.hpp finds them.
struct Progress {
    std::string slot;
    std::string state;
    std::optional<std::string> note;
    bool operator==(const Progress&) const = default;
};
// Answers Drain, Open and Recycle; also each progress of a call that asked for `more`.
struct OrderReply {
    std::vector<Progress> slots;
    bool operator==(const OrderReply&) const = default;
};
// One sentence for each thing the new policy changes; empty: the policy is the same.
struct ReloadReply {
    std::vector<std::string> changes;
    bool operator==(const ReloadReply&) const = default;
};
struct WhyReply {
    std::vector<Record> records; // newest first
    bool operator==(const WhyReply&) const = default;
};
struct EventsReply {
    std::vector<EventLine> lines; // oldest first
    bool operator==(const EventsReply&) const = default;
};
// The last one has no slots: there are none left.
struct StopReply {
    std::vector<Progress> slots{};
    bool operator==(const StopReply&) const = default;
};
using Reply =
    std::variant<Snapshot, OrderReply, ReloadReply, WhyReply, EventsReply, Blame, StopReply>;

} // namespace recycler::control
