// SPDX-License-Identifier: MIT
// The methods that change things: what each is called and answers, and its parameters.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/model/role.hpp"

namespace recycler::control {

template <>
struct Described<DrainCall> {
    static constexpr std::string_view name = "Drain";
    using Reply = OrderReply;
    static constexpr Role needs = Role::changer;
    static constexpr std::string_view about =
        "Closes the gate and answers once the worker is idle; it stays alive, out of rotation. "
        "With wait false the answer comes as soon as the order is accepted, with more also while "
        "it waits, whenever there is something new to say.";
    static constexpr auto members =
        list(Member{"slots", &DrainCall::slots},
             Member{"timeout_ms", &DrainCall::timeout, Milliseconds{}, Presence::if_set},
             Member{"force", &DrainCall::force, Flag{Force::yes, Force::no}, Presence::may_lack},
             Member{"wait", &DrainCall::wait, Flag{Wait::until_done, Wait::until_accepted},
                    Presence::may_lack});
};

template <>
struct Described<OpenCall> {
    static constexpr std::string_view name = "Open";
    using Reply = OrderReply;
    static constexpr Role needs = Role::changer;
    static constexpr std::string_view about = "Puts drained workers back.";
    static constexpr auto members = list(Member{"slots", &OpenCall::slots});
};

template <>
struct Described<RecycleCall> {
    static constexpr std::string_view name = "Recycle";
    using Reply = OrderReply;
    static constexpr Role needs = Role::changer;
    static constexpr std::string_view about = "Drains and replaces, within the capacity budget.";
    static constexpr auto members =
        list(Member{"slots", &RecycleCall::slots},
             Member{"wait", &RecycleCall::wait, Flag{Wait::until_done, Wait::until_accepted},
                    Presence::may_lack});
};

template <>
struct Described<ReloadCall> {
    static constexpr std::string_view name = "Reload";
    using Reply = ReloadReply;
    static constexpr Role needs = Role::changer;
    static constexpr std::string_view about =
        "Reads the policy file again; it is taken whole or not at all.";
    static constexpr auto members = list();
};

template <>
struct Described<StopCall> {
    static constexpr std::string_view name = "Stop";
    using Reply = StopReply;
    static constexpr Role needs = Role::changer;
    static constexpr std::string_view about =
        "Drains all and ends. With more, how far that is comes while it waits; the last answer "
        "has no slots.";
    static constexpr auto members = list();
};

} // namespace recycler::control
