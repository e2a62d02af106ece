// SPDX-License-Identifier: MIT
// The members of `status` as a whole, around those of its slots. The order is that of the JSON.
#pragma once

#include "recycler/control/contract/status.hpp"

namespace recycler::control {

template <>
struct Described<PolicyStatus> {
    static constexpr auto members =
        list(Member{"path", &PolicyStatus::path}, Member{"loaded_at", &PolicyStatus::loaded_at});
};

template <>
struct Described<CgroupStatus> {
    static constexpr auto members =
        list(Member{"version", &CgroupStatus::version}, Member{"path", &CgroupStatus::path},
             Member{"enforced", &CgroupStatus::enforced},
             Member{"left_shmem", &CgroupStatus::left_shmem});
};

template <>
struct Described<Totals> {
    static constexpr auto members =
        list(Member{"requests", &Totals::requests}, Member{"recycles", &Totals::recycles},
             Member{"ends", &Totals::ends}, Member{"turned_away", &Totals::turned_away});
};

template <>
struct Described<LoopStatus> {
    static constexpr std::string_view name = "Loop";
    static constexpr std::string_view about =
        "The turns of the daemon's loop, in which all is done: how many, the longest by the "
        "clock, by processor time, and by the rest, spent waiting for a call or a processor; then "
        "how many took up to so long (within_1_ms, within_5_ms, within_20_ms, within_100_ms, "
        "within_500_ms, longer).";
    static constexpr auto members =
        list(Member{"turns", &LoopStatus::turns}, Member{"longest_s", &LoopStatus::longest},
             Member{"longest_cpu_s", &LoopStatus::longest_cpu},
             Member{"longest_waiting_s", &LoopStatus::longest_waiting},
             Member{"took", &LoopStatus::took}, Member{"cpu", &LoopStatus::cpu});
};

template <>
struct Described<SpareStatus> {
    static constexpr std::string_view name = "Spare";
    static constexpr std::string_view about =
        "A worker that waits for a slot, or one that is missing. state: starting, ready, stopping, "
        "missing. why: what a missing one waits for, or why it cannot be there.";
    static constexpr auto members =
        list(Member{"number", &SpareStatus::number}, Member{"state", &SpareStatus::state},
             Member{"pid", &SpareStatus::pid}, Member{"cgroup", &SpareStatus::cgroup},
             Member{"age_s", &SpareStatus::age}, Member{"memory", &SpareStatus::memory},
             Member{"why", &SpareStatus::why});
};

template <>
struct Described<Snapshot> {
    static constexpr auto members =
        list(Member{"app", &Snapshot::app}, Member{"version", &Snapshot::version},
             Member{"pid", &Snapshot::pid}, Member{"keeper_pid", &Snapshot::keeper_pid},
             Member{"stopping", &Snapshot::stopping}, Member{"policy", &Snapshot::policy},
             Member{"cgroup", &Snapshot::cgroup},
             Member{"limitations", &Snapshot::limitations, Bounded{}},
             Member{"totals", &Snapshot::totals}, Member{"loop", &Snapshot::loop},
             Member{"slots", &Snapshot::slots}, Member{"spares", &Snapshot::spares});
};

} // namespace recycler::control
