// SPDX-License-Identifier: MIT
// Orders that the decider gives. The controller carries them out in this order and knows no reason.
// "Already gone" is success for all that stop, close or remove. What could not be done is the next
// event: ListenerFailed, or the end of a worker that never started.
#pragma once

#include "recycler/slots/announced.hpp"
#include "recycler/slots/failing/turn_away.hpp"
#include "recycler/slots/handover/heeding.hpp"
#include "recycler/slots/handover/holders.hpp"
#include "recycler/slots/handover/keeping.hpp"
#include "recycler/slots/handover/look.hpp"

#include <variant>

namespace recycler::slots {

// `beside`: whom it joins. All connections are steered to that one first, and where they cannot be
// nothing is opened: it would get a share of them at once. None (serial 0): nobody gets any there.
struct OpenListener {
    ListenerId listener;
    Opening opening = Opening::joined;
    ListenerId beside{};
};
struct CloseListener {
    ListenerId listener;
};
struct ShowListener {
    ListenerId listener;
};
struct HideListener {
    ListenerId listener;
};
// All new connections of the listener's reuseport group go to its member `index`.
struct Steer {
    ListenerId listener;
    std::uint32_t index = 0;
};

// `spare`: this one, which waits for a slot, becomes `worker` instead of a new process. A worker of
// k_spare_slot is a new spare; its listener, of the same number, is one that nobody reaches.
struct Launch {
    WorkerId worker;
    ListenerId listener;
    Resting resting = Resting::allowed; // of what would rest in it, until LetRest
    std::optional<WorkerId> spare{};
};
// Stop before the next accept(), or no longer.
struct Park {
    WorkerId worker;
};
struct Unpark {
    WorkerId worker;
};
// Stop all its processes and tell what it holds (FrozenSeen); let it go on.
struct Freeze {
    WorkerId worker;
};
struct Thaw {
    WorkerId worker;
};
// Send drain.stop_signal to its main process, and let a frozen one go on to receive it.
struct StopWorker {
    WorkerId worker;
};
struct KillWorker {
    WorkerId worker; // its whole process tree
};
// Note what each of its threads is doing: the next order ends it, and its record needs to say.
struct Examine {
    WorkerId worker;
};

// What we had ordered when a worker ended. The numbers stand in the ledger: none ever moves.
enum class Order : std::uint8_t {
    none = 0,
    recycle = 1,
    stop = 2,
    hung = 3, // or stuck, as the trigger says
    drain_cut = 4,
    cancel = 5,
    start_timeout = 6,
};

// Record why it ended and remove its cgroup; answered by EndRecorded.
struct RecordEnd {
    WorkerId worker;
    Order order = Order::none;
    std::optional<Trigger> trigger;
    std::uint32_t turned_away = 0;        // requests, since its slot has had nobody who serves
    std::optional<std::uint32_t> spare{}; // the number that it had while it waited for its slot
};

// Its record is counted: the keeper may forget it.
struct Forget {
    WorkerId worker;
};

using Action =
    std::variant<OpenListener, CloseListener, ShowListener, HideListener, Steer, Launch, Park,
                 Unpark, Freeze, Thaw, StopWorker, KillWorker, Examine, RecordEnd, Forget,
                 LookReady, LookIdle, LookHeeding, TakeSample, LookRoom, LookHolders, LetRest,
                 RouteChannel, TurnAway, Reply, Announce, Warn, SlotGone, Finish>;

} // namespace recycler::slots
