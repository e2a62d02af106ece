// SPDX-License-Identifier: MIT
// Facts that reach the decider. The controller observes the kernel, the keeper and the operator; an
// action that failed comes back as a fact too. Nothing here says what to do about it.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/base/trigger.hpp"
#include "recycler/base/units.hpp"
#include "recycler/slots/failing/turn_away.hpp"
#include "recycler/slots/handover/heeding.hpp"
#include "recycler/slots/handover/holders.hpp"
#include "recycler/slots/requested.hpp"
#include "recycler/slots/spares/unfit.hpp"
#include "recycler/triggers/rule.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::slots {
struct Tick {};      // a deadline of next_deadline() has come
struct WorkerReady { // it does what start.ready asks for; `busy`: its processor time until then
    WorkerId worker;
    std::optional<Duration> busy{};
};

// How a worker ended, as far as deciding needs to know. `left`: by itself, with status 0, between
// two requests, when it had been ready and answered at least one. `never_started`: it could not be
// launched at all. `served`: it died, and had answered at least one request before.
enum class Ending { died, left, never_started, served };

// A look at a listener found something wrong with it that could not be put right again. `why`:
// what, for people, as in "its listener was shut down".
struct ListenerAmiss {
    ListenerId listener;
    std::string why;
    bool reached = false;   // its worker still gets connections, but no other can be put beside it
    bool shut_down = false; // nobody gets a connection by it any more
    bool emptied = false;   // what waited in it has been reset by the kernel
    std::uint32_t waited{}; // in it, at the last look
};

// `listener`: what was found wrong with that of a worker that has ended. `served`: requests.
struct WorkerExited {
    WorkerId worker;
    Ending ending = Ending::died;
    std::optional<ListenerAmiss> listener{};
    std::uint64_t served = 0;
};

// The end of a worker is on record and its cgroup is gone. `verdict` is the number that death/
// gives, and the totals count by it.
struct EndRecorded {
    WorkerId worker;
    std::uint64_t served = 0;
    std::uint8_t verdict = 0;
};

using triggers::WorkerSampled;

// The kernel killed a child of the worker for memory and spared the rest (cgroup v1; v2 kills the
// group as a whole).
struct ChildKilled {
    WorkerId worker;
};

// What a look at a listener and its worker showed: connections waiting in the queue, half-open ones
// (SYN_RECV), accepted and still open ones, threads that may just be accepting one, and whether
// every process of the worker is parked before accept(). `resting`: of the connections, those that
// rest in it between two requests. `took`: processor time of the look.
struct IdleSeen {
    ListenerId listener;
    std::uint32_t queued = 0;
    std::uint32_t half_open = 0;
    std::uint32_t connections = 0;
    std::uint32_t unsettled = 0;
    bool parked = false;
    std::uint32_t resting = 0;
    Duration took{};
};
// Every process of the worker is stopped, and holds so many accepted connections; so many of its
// threads wait inside accept(), as far as anybody counts.
struct FrozenSeen {
    WorkerId worker;
    std::uint32_t connections = 0;
    std::uint32_t accepting = 0;
};

// Memory that a second worker could take, under app_max and on the host, whichever is less; and
// what each worker has that is not ready yet.
struct StartingSeen {
    WorkerId worker;
    Bytes bloat;
};
struct RoomSeen {
    Bytes room;
    std::vector<StartingSeen> starting{};
};

// An order on a listener could not be carried out. `why` is for people: what failed, on what, what
// the system said and what to do about it. `steer` of the shown listener: another one was to join
// it and has not been opened. `route`: of the slot's channel (RouteChannel). `holds`: it was not
// closed because connections wait in it.
enum class ListenerOrder { open, steer, show, hide, close, route };
struct ListenerFailed {
    ListenerOrder order = ListenerOrder::open;
    ListenerId listener;
    std::string why;
    bool holds = false;
};

using Event = std::variant<Tick, WorkerReady, WorkerExited, EndRecorded, WorkerSampled, ChildKilled,
                           SpareUnfit, IdleSeen, FrozenSeen, HeedingSeen, RoomSeen, HoldersSeen,
                           TurnedAway, ListenerFailed, ListenerAmiss, DrainRequested, OpenRequested,
                           RecycleRequested, StopRequested, CallerGone, PolicyChanged>;

} // namespace recycler::slots
