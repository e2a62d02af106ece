// SPDX-License-Identifier: MIT
// The names of all that a controller gives to the keeper to hold, in one place, so that no two are
// the same. Controllers of other versions look for them: none is ever given to something else.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/keeper/protocol/protocol.hpp"

#include <array>
#include <span>

namespace recycler::controller {

// What there is once.
inline constexpr keeper::DepositKey k_control{keeper::DepositKind::control, 0, 0};
inline constexpr keeper::DepositKey k_lock{keeper::DepositKind::lock, 0, 0};
inline constexpr keeper::DepositKey k_claim{keeper::DepositKind::lock, 0, 1};
inline constexpr keeper::DepositKey k_ledger{keeper::DepositKind::ledger, 0, 0};
inline constexpr keeper::DepositKey k_policy{keeper::DepositKind::other, 0, 1};
inline constexpr keeper::DepositKey k_app_oom{keeper::DepositKind::other, 0, 2};
inline constexpr keeper::DepositKey k_upgrade_note{keeper::DepositKind::other, 0, 3};
inline constexpr keeper::DepositKey k_reload_note{keeper::DepositKind::other, 0, 4};

inline constexpr std::array k_single_deposits{k_control, k_lock,    k_claim,        k_ledger,
                                              k_policy,  k_app_oom, k_upgrade_note, k_reload_note};

// What there is many times. Each has a kind of its own.
constexpr keeper::DepositKey key_of(ListenerId listener) {
    return {keeper::DepositKind::listener, listener.slot.index, listener.serial};
}
// Of a worker's cgroup, on cgroup v1.
constexpr keeper::DepositKey key_of_oom_watch(WorkerId worker) {
    return {keeper::DepositKind::eventfd, worker.slot.index, worker.generation};
}

// The two ends of a slot's channel, and what wakes a worker. The keeper looks for the first two by
// their numbers.
constexpr keeper::DepositKey key_of_channel_out(SlotId slot) {
    return {keeper::DepositKind::channel_out, slot.index, 0};
}
constexpr keeper::DepositKey key_of_channel_in(SlotId slot) {
    return {keeper::DepositKind::channel_in, slot.index, 0};
}
constexpr keeper::DepositKey key_of_wake(WorkerId worker) {
    return {keeper::DepositKind::wake, worker.slot.index, worker.generation};
}

// Our end of the channel by which a worker that was born without a slot is given one.
constexpr keeper::DepositKey key_of_birth(WorkerId worker) {
    return {keeper::DepositKind::birth, worker.slot.index, worker.generation};
}

// No two keys are the same, and none stands among those that there are many of.
constexpr bool are_apart(std::span<const keeper::DepositKey> keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].kind == keeper::DepositKind::listener ||
            keys[i].kind == keeper::DepositKind::eventfd) {
            return false;
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (keys[i] == keys[j]) {
                return false;
            }
        }
    }
    return true;
}
static_assert(are_apart(k_single_deposits));

} // namespace recycler::controller
