// SPDX-License-Identifier: MIT
// The methods that ask: what each is called and answers, and its parameters.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/model/role.hpp"

namespace recycler::control {

template <>
struct Described<StatusCall> {
    static constexpr std::string_view name = "Status";
    using Reply = Snapshot;
    static constexpr Role needs = Role::reader;
    static constexpr std::string_view about =
        "A slot is named by its port, its address, or \"all\". No slots: all of them.";
    static constexpr auto members =
        list(Member{"slots", &StatusCall::slots, AsTyped{}, Presence::may_lack});
};

template <>
struct Described<WhyCall> {
    static constexpr std::string_view name = "Why";
    using Reply = WhyReply;
    static constexpr Role needs = Role::reader;
    static constexpr std::string_view about =
        "The last ends, newest first; with unexpected only those whose verdict is a warning, and "
        "more of them.";
    static constexpr auto members = list(
        Member{"slot", &WhyCall::slot, AsTyped{}, Presence::if_set},
        Member{"since", &WhyCall::since, AsTyped{}, Presence::if_set},
        Member{"unexpected", &WhyCall::ends, Flag{Ends::unexpected, Ends::all}, Presence::if_set});
};

template <>
struct Described<EventsCall> {
    static constexpr std::string_view name = "Events";
    using Reply = EventsReply;
    static constexpr Role needs = Role::reader;
    static constexpr std::string_view about =
        "What has happened; with follow, which needs more, also what happens from now on. Each "
        "line has at, event, slot, generation, and members of its own.";
    static constexpr auto members =
        list(Member{"follow", &EventsCall::follow, Flag{Follow::and_coming, Follow::only_recent},
                    Presence::may_lack});
    static bool needs_more(const EventsCall& call) { return call.follow == Follow::and_coming; }
};

template <>
struct Described<BlameCall> {
    static constexpr std::string_view name = "Blame";
    using Reply = Blame;
    static constexpr Role needs = Role::reader;
    static constexpr std::string_view about =
        "Which requests make workers grow and which are slow, since then, those first of whom "
        "most growth is certain. unseen: why the requests of some workers cannot be measured. "
        "warm_up: the first requests of processes, and of routes in them, for which no route is "
        "blamed; other: all that is not in routes; net: by how much processes grow from one "
        "stretch of measured requests to the next.";
    static constexpr auto members = list();
};

} // namespace recycler::control
