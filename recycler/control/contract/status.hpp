// SPDX-License-Identifier: MIT
// The members of what `status` answers. The order is that of the JSON.
#pragma once

#include "recycler/control/contract/record.hpp"
#include "recycler/control/model/model.hpp"

namespace recycler::control {

template <>
struct Described<WorkerMemory> {
    static constexpr std::string_view name = "Memory";
    static constexpr std::string_view about =
        "recycle_at: the bloat at which the worker is retired.";
    static constexpr auto members =
        list(Member{"bloat", &WorkerMemory::bloat}, Member{"current", &WorkerMemory::current},
             Member{"peak", &WorkerMemory::peak}, Member{"max", &WorkerMemory::max},
             Member{"recycle_at", &WorkerMemory::recycle_at});
};

template <>
struct Described<WorkerRequests> {
    static constexpr std::string_view name = "Requests";
    static constexpr std::string_view about =
        "kept_open: connections on which no request runs; a drain waits until their clients close "
        "them. unserved_s: so long have connections waited, and it has taken none.";
    static constexpr auto members = list(
        Member{"served", &WorkerRequests::served}, Member{"in_flight", &WorkerRequests::in_flight},
        Member{"oldest_s", &WorkerRequests::oldest}, Member{"method", &WorkerRequests::method},
        Member{"uri", &WorkerRequests::uri}, Member{"counted_by", &WorkerRequests::counted_by},
        Member{"kept_open", &WorkerRequests::kept_open},
        Member{"unserved_s", &WorkerRequests::unserved});
};

template <>
struct Described<WorkerKeeping> {
    static constexpr std::string_view name = "Keeping";
    static constexpr std::string_view about =
        "Connections that clients keep open, and that rest in the worker between their requests. "
        "how: off, rest, handed-on (to the next worker or to other slots) or ended. misfits: what "
        "came to it from another worker and was no connection of the app.";
    static constexpr auto members =
        list(Member{"how", &WorkerKeeping::how}, Member{"resting", &WorkerKeeping::resting},
             Member{"came_back", &WorkerKeeping::came_back},
             Member{"handed_on", &WorkerKeeping::handed_on}, Member{"taken", &WorkerKeeping::taken},
             Member{"misfits", &WorkerKeeping::misfits});
};

template <>
struct Described<WorkerStatus> {
    static constexpr std::string_view name = "Worker";
    static constexpr std::string_view about =
        "children: processes beside the first one that had come to accept(), at the last "
        "measurement. spare: the number that it had while it waited for its slot.";
    static constexpr auto members =
        list(Member{"generation", &WorkerStatus::generation}, Member{"pid", &WorkerStatus::pid},
             Member{"cgroup", &WorkerStatus::cgroup}, Member{"state", &WorkerStatus::state},
             Member{"started_at", &WorkerStatus::started_at}, Member{"age_s", &WorkerStatus::age},
             Member{"memory", &WorkerStatus::memory}, Member{"requests", &WorkerStatus::requests},
             Member{"growth_bytes_per_request", &WorkerStatus::growth_bytes_per_request},
             Member{"children", &WorkerStatus::children}, Member{"keeping", &WorkerStatus::keeping},
             Member{"spare", &WorkerStatus::spare});
};

template <>
struct Described<Due> {
    static constexpr auto members =
        list(Member{"trigger", &Due::trigger}, Member{"waiting_for", &Due::waiting_for});
};

template <>
struct Described<SlotStatus> {
    static constexpr std::string_view name = "Slot";
    static constexpr auto members = list(
        Member{"slot", &SlotStatus::slot}, Member{"address", &SlotStatus::address},
        Member{"state", &SlotStatus::state}, Member{"gate", &SlotStatus::gate},
        Member{"handover", &SlotStatus::handover}, Member{"due", &SlotStatus::due},
        Member{"braked_until", &SlotStatus::braked_until}, Member{"worker", &SlotStatus::worker},
        Member{"next", &SlotStatus::next}, Member{"last_end", &SlotStatus::last_end},
        Member{"turned_away", &SlotStatus::turned_away}, Member{"trouble", &SlotStatus::trouble});
};

} // namespace recycler::control
