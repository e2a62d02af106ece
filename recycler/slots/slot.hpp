// SPDX-License-Identifier: MIT
// One slot and its workers, as the decider sees them: plain state, no behaviour. What is valid in
// one state only lives in that state only.
//
// A slot has a *front*: the worker whose listener gets the connections. During an overlap it also
// has a *successor*, which starts on a second listener that gets none yet, and afterwards a
// *retiring* worker, which works off what it had on a listener that gets none any more.
#pragma once

#include "recycler/slots/beside.hpp"
#include "recycler/slots/failing/brake.hpp"
#include "recycler/slots/failing/early_leaves.hpp"
#include "recycler/slots/failing/retry.hpp"
#include "recycler/slots/front.hpp"

#include <string>
#include <vector>

namespace recycler::slots {

// A successor that is no longer wanted: killed, and its listener, which never got a connection,
// goes with it.
struct Doomed {
    Worker worker;
    Order order = Order::cancel;
    MonoTime kill_again_at;
};

// Ended, its record ordered and not yet confirmed.
struct Dead {
    WorkerId id;
    Order order = Order::none;
    std::optional<Trigger> trigger;
    std::optional<std::uint32_t> spare{}; // as of a worker
};

// The numbers of this and the next one stand in the ledger: none ever moves.
enum class Gate : std::uint8_t { open = 0, closed = 1 };
// What is wanted of a slot: `out`: drained by the operator; `gone`: no longer in the policy, or the
// app stops.
enum class Wanted : std::uint8_t { in = 0, out = 1, gone = 2 };

// A listener of the front through which nobody reaches its worker any more. A fresh one takes its
// place as soon as that can be.
struct Broken {
    ListenerId listener;
    WorkerId holder;      // whose it was when that was seen
    bool emptied = false; // nothing can wait in it
};

struct Unclosed { // to be closed
    ListenerId listener;
    Retry retry;
};

// A recycle that is due. `waiting_for` tells people why it has not begun; empty when it may. At
// `warn_at` it has waited for so long that somebody should see to it.
struct Due {
    Trigger trigger;
    MonoTime since;
    std::string waiting_for;
    MonoTime warn_at = MonoTime::max();
    // Until then it waits for what a look at who holds its listener shows; none: not ordered.
    std::optional<MonoTime> holders_by{};
};

// After a gate re-opened: wait for traffic on it, or until then, before the next one closes.
struct Settling {
    MonoTime until;
    std::optional<std::uint64_t> accepted_before = 0; // nullopt: the next sample tells
    MonoTime opened_at{}; // by this controller; whether that went well is known in the next turn
    std::optional<MonoTime> came_at; // the first connection since
    int lulls = 0;                   // after which it began anew (traffic.hpp)
    bool rests = false; // its time ended in a lull: it holds nobody up until connections come
};

struct Slot {
    SlotId id;
    std::uint32_t first_generation = 1;
    std::uint32_t next_generation = 1;
    std::uint32_t next_serial = 1;
    ListenerId listener;
    Gate gate = Gate::open;
    Wanted wanted = Wanted::in;
    Front front = Vacant{};
    std::optional<Successor> successor;
    std::optional<Retiring> retiring;
    std::optional<Due> due;
    std::optional<Settling> settling;
    std::vector<Doomed> doomed;
    std::vector<Dead> dead;
    std::optional<Retry> hindrance;        // of replacing its worker
    std::optional<Retry> stuck;            // its gate should be otherwise; `gate` is as it is
    std::optional<ListenerId> unsteerable; // no other can join this one unnoticed
    std::optional<ListenerId> held;        // an outsider has this one: it is not handed on
    Stops stops;
    bool shut_at_stop = false; // one of its workers shut its listener down when it was to stop
    std::optional<Broken> broken;
    std::optional<Retry> unopened;  // a fresh listener in place of a broken one
    std::optional<Broken> replaced; // by the present listener, if that could be opened
    std::vector<Unclosed> unclosed;
    std::uint32_t recorded = 0; // generation of the last one whose record was counted
    Brake brake;
    EarlyLeaves early_leaves;
    // Where what stands in its channel is moved to; nullopt: wherever a controller before has said.
    std::optional<ChannelRoute> route = ChannelRoute{};
    ChannelNotes channel;
    std::optional<Unattended> unattended;
    std::uint64_t turned_away = 0; // since the daemon started
};

// Those who wait in it are being turned away, and nobody is started before that is over.
inline bool turns_away(const Slot& slot) {
    return slot.unattended && slot.unattended->left && std::holds_alternative<Vacant>(slot.front);
}

// Those who wait in the listener that the slot leaves to its `retiring` have waited since the slot
// lost its worker; so does the slot itself.
void leave_waiting(Slot& slot);

} // namespace recycler::slots
