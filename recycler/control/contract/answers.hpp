// SPDX-License-Identifier: MIT
// The members of the small answers, and of the errors of the interface.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/model/failure.hpp"

namespace recycler::control {

template <>
struct Described<Progress> {
    static constexpr std::string_view name = "Progress";
    static constexpr std::string_view about =
        "Where a slot stands after an order. state: drained, open, recycled or stopped when it is "
        "done, else what happens now (waiting, draining, starting, stopping, braked); note: what "
        "that waits for.";
    static constexpr auto members =
        list(Member{"slot", &Progress::slot}, Member{"state", &Progress::state},
             Member{"note", &Progress::note});
};

template <>
struct Described<OrderReply> {
    static constexpr auto members = list(Member{"slots", &OrderReply::slots});
};

template <>
struct Described<ReloadReply> {
    static constexpr auto members = list(Member{"changes", &ReloadReply::changes});
};

template <>
struct Described<WhyReply> {
    static constexpr auto members = list(Member{"records", &WhyReply::records});
};

template <>
struct Described<EventsReply> {
    static constexpr auto members = list(Member{"lines", &EventsReply::lines});
};

template <>
struct Described<StopReply> {
    static constexpr auto members =
        list(Member{"slots", &StopReply::slots, AsTyped{}, Presence::if_set});
};

template <>
struct Described<NoSuchSlot> {
    static constexpr std::string_view name = "NoSuchSlot";
    static constexpr auto members = list(Member{"slot", &NoSuchSlot::slot});
};

template <>
struct Described<Refused> {
    static constexpr std::string_view name = "Refused";
    static constexpr auto members = list(Member{"reason", &Refused::reason});
};

template <>
struct Described<TimedOut> {
    static constexpr std::string_view name = "TimedOut";
    static constexpr auto members =
        list(Member{"slots", &TimedOut::slots}, Member{"reason", &TimedOut::reason});
};

// Not cut: it is made from our own file, whose size the parser bounds.
template <>
struct Described<PolicyError> {
    static constexpr std::string_view name = "PolicyError";
    static constexpr auto members = list(Member{"faults", &PolicyError::faults, Uncut{}});
};

} // namespace recycler::control
