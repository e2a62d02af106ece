// SPDX-License-Identifier: MIT
// The decider decides what to do next for all slots of one app. Pure: facts come in with the time
// they were seen at, orders go out, and nothing here knows a clock, a descriptor or a pid.
//
// The life of a slot's front worker
//   Vacant    Nobody there. Launches at once, or when the brake lets go, or when its turn comes.
//   Starting  Launched, not ready. Ready: it serves, or drains if that is what is wanted. Not ready
//             in start.timeout: killed, as soon as it is shown to hold nothing.
//   Serving   Ready behind its gate. A trigger makes it due; taken up, one handover begins:
//             overlap  A successor starts beside it. When that one is ready, all new connections
//                      are steered to it, and the old one is `retiring`: 10 ms later hidden,
//                      drained, stopped, its listener closed.
//             queue    Parking until it stands before its next accept() and holds nothing, then
//                      Stopping; the next worker inherits the listener and what waits in it.
//             close    Draining behind a closed gate, then Stopping; the next worker opens the gate
//                      when it is ready.
//   Draining  Gate closed, works off queue and requests. Idle: held (Drained), replaced, ended.
//   Stopping  Signalled; killed when stop_timeout has passed, or as soon as it is idle and shown to
//             take no notice (heeding.hpp). Its end makes the slot Vacant.
//   Leaving   Nobody there nor wanted; one more worker serves the queue if anything waits in it.
// Whoever is to be launched is a spare, if one waits (spares/deciding.cpp): it has booted already.
//
// Interruptions
//   A worker that dies in any state makes its slot Vacant and is replaced at once or by the brake,
//   or by the successor that starts already; what is wanted of the slot (drained, or gone) stays.
//   Who waits meanwhile waits for as long as a start may succeed soon, and is turned away then
//   (unattended.cpp). A successor that fails is forgotten and the old worker goes on; so does one
//   whose handover could not be carried out (failing.cpp). Of one whom nobody reaches through its
//   listener any more, a fresh listener takes the place at once, and a successor starts on it
//   (broken.cpp). An operator's drain cancels an overlap that has not been steered yet. A hung
//   request ends its worker, whatever else is under way, and so does a queue that it leaves
//   standing. Every wait ends: each timeout leads to something stronger.
//
// No step recurses: it takes its event, fires the deadlines that have passed, takes up what is due.
#pragma once

#include "recycler/slots/calls.hpp"
#include "recycler/slots/due/capacity.hpp"
#include "recycler/slots/due/room.hpp"
#include "recycler/slots/due/storm.hpp"
#include "recycler/slots/event.hpp"
#include "recycler/slots/failing/start_load.hpp"
#include "recycler/slots/failing/start_rate.hpp"
#include "recycler/slots/handover/handover.hpp"
#include "recycler/slots/handover/looks_rest.hpp"
#include "recycler/slots/handover/traffic.hpp"
#include "recycler/slots/ledger/adopt.hpp"
#include "recycler/slots/machine.hpp"
#include "recycler/slots/spares/spares.hpp"
#include "recycler/slots/spares/trial.hpp"
#include "recycler/slots/timing.hpp"

#include <span>
#include <utility>

namespace recycler::slots {

class Decider {
  public:
    Decider(policies::Policy policy, Machine machine)
        : policy_(std::move(policy)), machine_(machine) {}

    // Begins anew: each slot has its first listener (serial 1) open already.
    [[nodiscard]] std::vector<Action> begin(MonoTime now, std::span<const SlotId> slots);

    // Takes over from the controller before. Who drained or parked to be replaced serves again, and
    // is due as before; who starts, stops or retires goes on, also the successor of an overlap. A
    // slot of `slots` that the ledger does not know begins anew. Workers that ended meanwhile are
    // told by WorkerExited afterwards.
    [[nodiscard]] std::vector<Action> adopt(MonoTime now, std::span<const SlotId> slots,
                                            const Ledger& ledger, const Holdings& holdings);

    // One fact, seen at `now`, which never runs backwards.
    [[nodiscard]] std::vector<Action> step(MonoTime now, const Event& event);

    // The same for samples of many workers, as one fact.
    [[nodiscard]] std::vector<Action> take_in(MonoTime now, std::span<const WorkerSampled> samples);

    // When the next Tick is wanted at the latest.
    [[nodiscard]] std::optional<MonoTime> next_deadline() const;

    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
    [[nodiscard]] const Slot* find(SlotId id) const; // null: there is none
    [[nodiscard]] const Totals& totals() const { return totals_; }
    [[nodiscard]] const Learned& learned() const { return learned_; }
    [[nodiscard]] const policies::Policy& policy() const { return policy_; }
    [[nodiscard]] bool stopping() const { return stopping_; }
    [[nodiscard]] const std::optional<Holding>& holding() const { return storm_.holding(); }
    [[nodiscard]] bool serves_nobody() const { return serves_nobody_; }      // see k_serves_nobody
    [[nodiscard]] std::uint64_t turned_away() const { return turned_away_; } // since the beginning
    [[nodiscard]] const Spares& spares() const { return spares_; }
    [[nodiscard]] std::string why_no_spare() const; // why there are too few; empty: no reason
    // Whether this one waits for a trial, which ends with an answer to it.
    [[nodiscard]] bool is_tried_for(RequestId request) const;
    void write(Ledger& ledger) const;

  private:
    enum class Gone { expected, unexpected };

    // decider.cpp: the turn
    [[nodiscard]] std::vector<Action> end_turn();
    void fire(Slot& slot);
    void finish_if_empty();

    // lifecycle.cpp, vacating.cpp: launch, ready, end
    Worker make_worker(Slot& slot, ListenerId listener);
    void launch_front(Slot& slot);
    void on(const WorkerReady& event);
    void on(const WorkerExited& event);
    void on(const EndRecorded& event);
    void on(const ChildKilled& event);
    void front_ready(Slot& slot);
    void note_leave(Slot& slot, const WorkerExited& event);
    void front_exited(Slot& slot, Ending ending);
    void retiring_exited(Slot& slot, Ending ending);
    void successor_exited(Slot& slot, Ending ending);
    void vacate(Slot& slot, Ending ending, Gone gone);
    [[nodiscard]] bool takes_its_turn(Slot& slot, Vacant& vacant);
    void record_end(Slot& slot, const Worker& worker, Order order, std::optional<Trigger> trigger);

    // unattended.cpp: slots that cannot serve
    void leave_unattended(std::optional<Unattended>& unattended, std::uint32_t ended, bool failed);
    void leave_unattended(Slot& slot, std::uint32_t ended, MonoTime launch_at, bool failed);
    [[nodiscard]] MonoTime ends_waiting(const Unattended& unattended) const;
    void fire_unattended(Slot& slot);
    void fire_unattended(Retiring& retiring);
    void turn_away(ListenerId listener, Unattended& unattended);
    void on(const TurnedAway& event);
    void tell_turned_away(SlotId slot, std::uint32_t ended, const Lost& lost);
    [[nodiscard]] bool nobody_can_serve() const;
    void tell_service();

    // measuring.cpp: samples, and what they show
    void sample(Worker& worker);
    void on(const WorkerSampled& event);
    void take_in(Worker& worker, const triggers::Sample& sample);
    void go_ahead();
    [[nodiscard]] triggers::Facts facts_of(const Worker& worker, const WorkerSampled& seen) const;
    [[nodiscard]] Duration next_look(const Slot& slot, triggers::Facts facts) const;
    void judge(Slot& slot, Worker& worker, triggers::Facts facts);

    // memory.cpp: the trigger `memory`, and what holds it
    [[nodiscard]] std::optional<Bytes> memory_limit(const Worker& worker) const;
    [[nodiscard]] std::optional<Bytes> judge_memory(Worker& worker);
    [[nodiscard]] Duration look_for_growth(const Worker& worker) const;
    [[nodiscard]] std::optional<MonoTime> expected_at_max(const Worker& worker) const;
    void begin_before_max();
    [[nodiscard]] bool let_live_on(Slot& slot);
    void learn_from(Worker& worker);
    [[nodiscard]] Bytes room_to_live_on(const Slot& slot) const;
    [[nodiscard]] Bytes ceiling_of(const Slot& slot) const;
    void retired_for_memory(const Worker& worker);
    void hold_memory();
    void drop_held();

    // draining.cpp: gate, drain, park
    void close_gate(Slot& slot);
    void open_gate(Slot& slot);
    void show(Slot& slot);
    void drain(Slot& slot, Then then);
    void drained(Slot& slot);
    void park(Slot& slot, Trigger trigger);
    void end_at_once(Slot& slot, Trigger trigger);
    void leave(Slot& slot);
    void on(const IdleSeen& event);
    void front_idle(Slot& slot, const IdleSeen& seen);
    void fire_front(Slot& slot);
    void fire_draining(Slot& slot, Draining& draining);
    void fire_parking(Slot& slot, Parking& parking);

    // stopping.cpp: from the order to end until the end
    void parked(Slot& slot, std::uint32_t accepting);
    void stop(Slot& slot, Order order, std::optional<Trigger> trigger);
    void begin_stopping(Slot& slot, Order order, std::optional<Trigger> trigger, MonoTime kill_at);
    void on(const FrozenSeen& event);
    void seen_frozen(Stopping& stopping, const FrozenSeen& seen);
    void fire_starting(Slot& slot, Starting& starting);
    void fire_stopping(Stopping& stopping);
    void on(const HeedingSeen& event);
    void front_heeds(Stopping& stopping, const HeedingSeen& seen);
    void look_at_heeding(WorkerId id, std::optional<Heeding>& heeding);
    void kill(WorkerId id, MonoTime& kill_at, std::optional<Heeding>& heeding);
    void learn_stop(Slot& slot, WorkerId id, const std::optional<Heeding>& heeding);
    [[nodiscard]] std::optional<Duration> usual_stop(const Slot& slot) const;

    // overlap.cpp: successor and retiring
    void start_overlap(Slot& slot, Opening opening);
    void steer_over(Slot& slot);
    void take_connections(const Slot& slot, Opening opening);
    void doom_successor(Slot& slot, Order order);
    void overlap_failed(Slot& slot, WorkerId failed);
    void retiring_idle(Slot& slot, const IdleSeen& seen);
    void retiring_sampled(Retiring& retiring, const WorkerSampled& seen);
    void fire_overlap(Slot& slot);
    void fire_retiring(Retiring& retiring);
    void fire_retiring(Retiring& retiring, RetiringDraining& draining);
    void hide_steered(Retiring& retiring);
    void retires(const Retiring& retiring);

    // succession.cpp: the front goes while its successor starts
    void take_successor(Slot& slot);
    bool inherits_broken(Slot& slot);
    bool inherits(Slot& slot, Ending ending);
    void fire_hiding(Slot& slot);
    [[nodiscard]] bool better_closed(const Slot& slot) const;
    void hide_left(Retiring& retiring);
    void orphan(Slot& slot, ListenerId listener, WorkerId last, Opening opening);

    // failing.cpp: orders that could not be carried out
    void on(const ListenerFailed& event);
    void open_failed(Slot& slot, const ListenerFailed& event);
    void steer_failed(Slot& slot, const ListenerFailed& event);
    void show_failed(Slot& slot, const ListenerFailed& event);
    void hide_failed(Slot& slot, const ListenerFailed& event);
    void front_unhidden(Slot& slot, const std::string& why);
    void close_failed(Slot& slot, const ListenerFailed& event);
    void take_back(Slot& slot, Opening opening, const std::string& why);
    void hinder(Slot& slot, const std::string& why, const Pauses& pauses = k_handover_pauses);
    void fire_gate(Slot& slot);
    bool hide_later(Slot& slot);
    void fire_unhidden(const Slot& slot, Retiring& retiring);
    bool fail_again(std::optional<Retry>& retry, const std::string& why) const;
    void fire_unclosed(Slot& slot);
    [[nodiscard]] bool is_shut(const Slot& slot) const;
    [[nodiscard]] bool waited_long_enough(const Retry& retry) const;
    [[nodiscard]] std::optional<MonoTime> next_try(const std::optional<Retry>& retry) const;

    // broken.cpp: listeners through which nobody reaches their worker
    void on(const ListenerAmiss& event);
    void end_shows(Slot& slot, const WorkerExited& event);
    void breaks(Slot& slot, const ListenerAmiss& amiss, std::string text);
    void fire_broken(Slot& slot);
    void leave_behind(Slot& slot, Vacant& vacant);
    void retire_from(Slot& slot);
    void retire_front(Slot& slot);
    void open_fresh(Slot& slot);
    void fresh_failed(Slot& slot, const std::string& why);
    void go_on(Slot& slot, Worker worker);
    [[nodiscard]] bool shut_at_stop() const;

    // holders.cpp: listeners that an outsider holds, too
    void on(const HoldersSeen& event);
    void fire_held(Slot& slot);
    [[nodiscard]] bool waits_for_holders(Slot& slot);
    void look_at_kept(const Slot& slot, ListenerId listener, Ending ending);

    // due.cpp: triggers taken up
    void set_due(Slot& slot, Trigger trigger);
    void warn_of_waiting(Slot& slot);
    void take_due();
    void take(Slot& slot, std::size_t ahead);
    [[nodiscard]] std::string held_up(const Slot& slot) const;
    [[nodiscard]] Situation situation_of(const Slot& slot) const;
    [[nodiscard]] Expected expected() const;
    [[nodiscard]] std::optional<Duration> until_max(const Slot& slot) const;
    [[nodiscard]] bool may_overlap_now(const Slot& slot, std::size_t ahead) const;
    [[nodiscard]] Duration lead(std::size_t ahead) const;
    [[nodiscard]] std::size_t starts_at_once() const;
    void learn_load(const Slot& slot, const WorkerReady& event);
    void on(const RoomSeen& event);

    // spares/deciding.cpp: workers without a slot
    Worker launch(Slot& slot, ListenerId listener, Resting resting = Resting::allowed);
    [[nodiscard]] SpareRules spare_rules() const;
    void on(const SpareUnfit& event);
    void spare_exited(const WorkerExited& event);
    [[nodiscard]] bool all_served() const;
    [[nodiscard]] bool has_room() const;
    void look_at_room();
    void start_spare();

    // spares/trying.cpp: one is tried before all workers are replaced
    [[nodiscard]] bool tries_first() const;
    Trial& begin_trial(Trigger trigger);
    void settle_trial();
    void start_tried();
    void pass_trial(std::string untried = {});
    void fail_trial();
    void end_trial(const std::string& reason, std::optional<WorkerId> failed = {});

    // operator.cpp: calls and policy
    void on(const DrainRequested& event);
    void on(const OpenRequested& event);
    void on(const RecycleRequested& event);
    void on(const StopRequested& event);
    void on(const CallerGone& event);
    void on(const PolicyChanged& event);
    void on(const Tick&) {}
    void take_out(Slot& slot);
    void recycle(RequestId request, const std::vector<SlotId>& slots);
    void outdate(const std::vector<SlotId>& left_alone);
    void stop_now();
    void remove_slots();
    void give_up_recycles_of(const Slot& slot, const std::string& why,
                             std::optional<WorkerId> = {});
    [[nodiscard]] std::string refusal_to_drain(const DrainRequested& event) const;
    [[nodiscard]] std::string refusal_to_open(const OpenRequested& event) const;
    [[nodiscard]] std::string refusal_to_recycle(const RecycleRequested& event) const;
    void refuse(RequestId request, std::string reason);

    Slot* find(SlotId id);
    Slot& add_slot(SlotId id, std::uint32_t first_generation = 1);
    void announce(const Slot& slot, EventName name, std::string text = {});
    void act(Action action) { actions_.push_back(std::move(action)); }

    policies::Policy policy_;
    Machine machine_;
    MonoTime now_;
    std::vector<Slot> slots_;
    Calls calls_;
    std::vector<SlotId> to_remove_; // left the policy; drained once the added ones have started
    std::vector<Action> actions_;
    std::vector<Action> end_records_; // last in a turn: the dead can wait, requests cannot
    Totals totals_;
    Learned learned_;
    StormGuard storm_;
    StartRate start_rate_;
    StartLoad start_load_;
    LooksRest looks_rest_;
    Traffic traffic_;
    Room room_;
    Spares spares_;
    std::optional<Trial> trial_;
    TurnAwayShare turn_away_share_;
    std::uint64_t turned_away_ = 0, turned_away_before_ = 0; // no slot could serve
    std::uint32_t plan_ = 0; // of those who are started: another one after each change
    bool stopping_ = false, finished_ = false, serves_nobody_ = false;
    std::vector<RequestId> stop_requests_;
};

} // namespace recycler::slots
