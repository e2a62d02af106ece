// SPDX-License-Identifier: MIT
// Drives one decider by hand in virtual time: a test tells it facts, lets time pass, and reads what
// came back. Nothing is answered unless the test does; only what the keeper would hold is counted.
#pragma once

#include "recycler/slots/decider.hpp"
#include "tests/unit/slots/driver/names.hpp"
#include "tests/unit/slots/driver/outsiders.hpp"
#include "tests/unit/slots/driver/queues.hpp"

#include <set>

namespace recycler::slots {

using namespace std::chrono_literals;

std::vector<SlotId> first_slots(std::uint16_t count);

// The default policy with one mode of handover.
policies::Policy policy_with(policies::HandoverMode handover);

constexpr MonoTime k_start{Duration(1h)};

class Driver : public Queues, public Outsiders {
  public:
    // Begins with `slots` slots; each has its first worker launched and not ready.
    explicit Driver(policies::Policy policy, std::uint16_t slots = 1, Machine machine = {});

    // Every worker becomes ready after `took`, and the orders so far are forgotten.
    Driver& started(Duration took = 200ms);

    void tell(const Event& event);
    // What a look at room shows; none: the test answers, as it must in `auto` from the beginning.
    void room(std::optional<Bytes> seen) { room_ = seen; }
    void advance(Duration how_long); // tells each deadline of the decider when it comes
    void held_up(Duration how_long) { now_ += how_long, tell(Tick{}); } // and this none of them

    void ready(WorkerId id) { tell(WorkerReady{id}); }
    void exited(WorkerId id, Ending ending = Ending::died) { tell(WorkerExited{id, ending}); }
    void recorded(WorkerId id, std::uint64_t served = 0, std::uint8_t verdict = 0) {
        tell(EndRecorded{id, served, verdict});
    }
    // The listener's queue is empty and its worker holds nothing; it may stand inside accept().
    void idle(ListenerId id) { tell(IdleSeen{.listener = id}); }
    // The same, and the recorder keeps every process from accepting.
    void parked(ListenerId id) { tell(IdleSeen{.listener = id, .parked = true}); }
    void busy(ListenerId id) { tell(IdleSeen{.listener = id, .connections = 1}); }
    void queued(ListenerId id) { tell(IdleSeen{.listener = id, .queued = 1}); }
    void frozen(WorkerId id, std::uint32_t connections, std::uint32_t accepting = 1) {
        tell(FrozenSeen{id, connections, accepting});
    }
    void sampled(WorkerId id, Bytes bloat, std::uint64_t served = 0, std::uint64_t accepts = 0);
    void recycle(std::uint16_t slot, RequestId request = 1) {
        tell(RecycleRequested{request, {SlotId{slot}}});
    }
    void drain(std::uint16_t slot, RequestId request = 1) {
        tell(DrainRequested{.request = request, .slots = {SlotId{slot}}, .force = true});
    }
    void open(std::uint16_t slot, RequestId request = 1) {
        tell(OpenRequested{request, {SlotId{slot}}});
    }

    void replace_controller(std::optional<Machine> next = {}); // it adopts what the keeper holds
    void never_launched(WorkerId id, WorkerId was) { workers_.erase(id), workers_.insert(was); }
    void lose(WorkerId id) { workers_.erase(id); } // by the keeper; the ledger knows it
    void never_opened(ListenerId id) { listeners_.erase(id); }

    // What was ordered since the last call, in order and without observations and announcements:
    // "launch 0.2 on 0/2; show 0/2", where 0.2 is slot.generation and 0/2 is slot/serial.
    std::string orders();
    void forget_orders() { recent_.clear(); }

    // The same orders, and all others, one kind at a time.
    template <typename Kind>
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(
            std::count_if(recent_.begin(), recent_.end(),
                          [](const Action& a) { return std::holds_alternative<Kind>(a); }));
    }
    template <typename Kind>
    [[nodiscard]] bool saw() const {
        return count<Kind>() > 0;
    }
    template <typename Kind>
    [[nodiscard]] const Kind& last() const {
        return std::get<Kind>(*std::find_if(recent_.rbegin(), recent_.rend(), [](const Action& a) {
            return std::holds_alternative<Kind>(a);
        }));
    }
    [[nodiscard]] bool announced(std::string_view name) const;
    [[nodiscard]] Announce told(std::string_view name) const; // of that name, the last one

    template <typename State>
    [[nodiscard]] bool front_is(std::uint16_t slot = 0) const {
        return std::holds_alternative<State>(this->slot(slot).front);
    }
    [[nodiscard]] const Slot& slot(std::uint16_t index = 0) const;
    // Why the slot's due recycle waits; "not due" when none is.
    [[nodiscard]] std::string waits_for(std::uint16_t slot = 0) const;
    // The listeners of a slot that get new connections.
    [[nodiscard]] std::set<ListenerId> shown(std::uint16_t slot = 0) const;
    [[nodiscard]] const Decider& decider() const { return decider_; }
    [[nodiscard]] MonoTime now() const { return now_; }

  private:
    void collect(std::vector<Action> actions);
    Machine machine_;
    std::optional<Bytes> room_;
    MonoTime now_ = k_start;
    Decider decider_;
    std::vector<Action> recent_;
    std::set<ListenerId> listeners_;
    std::set<ListenerId> hidden_;
    std::set<WorkerId> workers_;
};

} // namespace recycler::slots
