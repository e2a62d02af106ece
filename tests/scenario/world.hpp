// SPDX-License-Identifier: MIT
// A model of everything the decider acts on: listeners with queues and steering, workers that
// accept, serve, park, die or hang, and a keeper that outlives controllers. It carries out actions
// in virtual time and complains about each that loses a request or touches what does not exist.
#pragma once

#include "recycler/slots/decider.hpp"
#include "tests/scenario/kept.hpp"
#include "tests/scenario/spares.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>

namespace scenario {

namespace decider = recycler::slots;

class World {
  public:
    World(std::uint64_t seed, policies::Policy policy, std::uint16_t slots, slots::Machine machine);

    void run(Duration how_long);          // delivers everything that falls due
    void tell(const slots::Event& event); // and carries out what the decider orders
    void mishap();                        // one random thing happens to a random slot
    void connect(SlotId slot);            // a client is refused, or queued
    void replace_controller();            // it dies amid its last orders, and another one adopts

    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    void stop();                     // the operator stops the app
    void fatten(std::uint64_t need); // what each has from now on as soon as it has started
    void bound(ModelMemory memory) { memory_ = memory; }
    void let_orders_fail() { faulty_ = true; } // on listeners, at random, until it is calm
    void let_listeners_spoil(Sockets kind, bool polite) { spoils_ = kind, polite_ = polite; }
    void let_starts_fail(Starts starts) { outage_.starts = starts; }
    void calm();        // nothing goes wrong by itself any more, and nobody grows too old
    void check_quiet(); // what must hold when nothing is happening any more
    void check_ended(); // and after the app was stopped

    [[nodiscard]] const slots::Decider& decider() const { return *decider_; }
    Dice dice;

  private:
    void carry_out(const std::vector<slots::Action>& actions);
    void write_ledger() { decider_->write(*ledger_); }
    void note(const slots::Event& event) { inbox_.push_back(event); }
    void drain_inbox(), progress();
    [[nodiscard]] std::optional<MonoTime> next_happening() const;
    void end(WorkerId id);
    void complain(std::string what);
    void spoil(), shut(ListenerId id);
    [[nodiscard]] std::optional<slots::ListenerAmiss> look_at(ListenerId id);
    bool cannot_be_joined(const slots::OpenListener& a);
    void check_reached(), check_waits(), check_unattended();
    [[nodiscard]] ModelWorker* living(WorkerId id, const char* action);
    void check_budget(SlotId slot);
    void check_successor(WorkerId id);
    // memory.cpp
    void check_room(WorkerId id, Bytes need), check_living_on();
    [[nodiscard]] Bytes all_promised() const;
    [[nodiscard]] Bytes need() const;
    [[nodiscard]] std::uint64_t bloat_of(const ModelWorker& worker) const;
    [[nodiscard]] std::uint64_t promised_to(WorkerId id, const ModelWorker& worker) const;
    bool fails(slots::ListenerOrder order, ListenerId listener);
    // spares.cpp
    bool take_spare(const slots::Launch&a), cannot_wait(WorkerId id);
    void note_trial(const slots::Announce&a), change_spares(), check_spares();
    void check_quiet(const slots::Slot& slot);
    void ask();
    void fault(), end_amid_overlap();
    void act(const slots::OpenListener&a), act(const slots::CloseListener&a);
    void act(const slots::ShowListener&a), act(const slots::HideListener&a);
    void act(const slots::Steer&a), act(const slots::Launch&a);
    void act(const slots::Park&a), act(const slots::Unpark&a);
    void act(const slots::Freeze&a), act(const slots::Thaw&a);
    void act(const slots::LetRest& a) { kept_.order(a); }
    void act(const slots::RouteChannel& a) { kept_.order(a); }
    void act(const slots::StopWorker& a);
    void act(const slots::KillWorker& a);
    void act(const slots::RecordEnd&a), act(const slots::Forget&a);
    void act(const slots::LookReady& a);
    void act(const slots::LookIdle&a), act(const slots::LookHeeding&a);
    void act(const slots::TakeSample&a), act(const slots::Examine&a);
    void act(const slots::LookRoom&a), act(const slots::LookHolders&a);
    void act(const slots::TurnAway&a), act(const slots::Reply&a);
    void act(const slots::Announce&a), act(const slots::Warn&a);
    void act(const slots::SlotGone&) {}
    void act(const slots::Finish& a);

    policies::Policy policy_;
    slots::Machine machine_;
    Kept kept_;
    ModelSpares spares_;
    Dice outsiders_;                 // of their own, so that streams without one stay what they are
    std::set<SlotId> beyond_budget_; // slots that are out by an exception, until they are back
    std::uint16_t slot_count_;
    MonoTime now_{1'000'000'000ns};
    std::unique_ptr<slots::Decider> decider_;
    std::unique_ptr<slots::Ledger> ledger_;
    std::map<ListenerId, ModelListener> listeners_;
    std::map<WorkerId, ModelWorker> workers_; // until forgotten
    std::map<SlotId, SlotSide> sides_;
    std::set<WorkerId> launched_, let_live_on_; // past recycle.memory
    std::set<WorkerId> recorded_;               // once each, whatever controllers die meanwhile
    std::set<WorkerId> recorded_by_this_;       // by the present controller
    std::uint64_t need_ = 5'000'000;            // of one that is just ready
    ModelMemory memory_;
    bool held_ = false, calm_ = false, faulty_ = false, adopting_ = false, polite_ = false;
    std::optional<Sockets> spoils_;
    Outage outage_;
    slots::RequestId next_request_ = 1;
    std::set<slots::RequestId> asked_;
    std::deque<slots::Event> inbox_;
    std::vector<std::string> complaints_;
    std::optional<std::size_t> die_after_; // orders carried out before the controller dies
    bool died_ = false, stopping_ = false, stop_now_ = false, finished_ = false;
};

} // namespace scenario
