// SPDX-License-Identifier: MIT
// The controller: turns what kernel, keeper and operator do into facts for the decider, and carries
// out its orders. Decisions belong into recycler/slots. One turn: news becomes an event; the answer
// is written into the ledger, then carried out; what an action learns is the next event.
#pragma once

#include "recycler/controller/calls/waiting.hpp"
#include "recycler/controller/evidence/late_evidence.hpp"
#include "recycler/controller/evidence/pending_records.hpp"
#include "recycler/controller/policy/reload.hpp"
#include "recycler/controller/sources.hpp"
#include "recycler/controller/start/inheritance.hpp"
#include "recycler/controller/workers/clearing.hpp"
#include "recycler/controller/workers/places.hpp"
#include "recycler/events/complaints.hpp"

#include <deque>
#include <set>

namespace recycler::controller {

class Controller {
  public:
    Controller(systemd::EventLoop& loop, Parts parts);
    Result<void> connect(UniqueFd control_socket); // watches it, and the keeper's link
    // Starts from nothing, or takes over what the keeper held for the controller before.
    void begin();
    void adopt(Inheritance inheritance);

  private:
    // controller.cpp: the turn
    Result<void> make_sources();
    void tell(const slots::Event& event);
    void learn(slots::Event event) { learned_.push_back(std::move(event)); }
    void run_turn(std::vector<slots::Action> actions);
    void carry_out_all(const std::vector<slots::Action>& actions);
    LiveWorker* find(WorkerId id);
    void announce(control::EventLine line);
    // news.cpp: from the keeper
    void read_news();
    void on(keeper::WorkerLaunched& news);
    void on(keeper::WorkerLaunchFailed& news);
    void on(keeper::WorkerExited& news);
    void on(keeper::SignalArrived& news);
    void on(keeper::PingArrived& news);
    void on(keeper::OrderRejected& news);
    void on(keeper::NothingYet& /*news*/) {}
    void on(keeper::KeeperGone& news);
    void hold(keeper::HeldWorker held);
    // listeners.cpp, listener_look.cpp and execute.cpp: actions on listeners, and on workers
    void carry_out(const slots::OpenListener& action);
    void carry_out(const slots::CloseListener& action);
    void carry_out(const slots::ShowListener& action);
    void carry_out(const slots::HideListener& action);
    void carry_out(const slots::Steer& action);
    void carry_out(const slots::TurnAway& action);
    std::optional<slots::ListenerAmiss> look_at(ListenerId listener);
    void failed(slots::ListenerOrder order, ListenerId listener, const Error& error);
    void carry_out(const slots::Park& action);
    void carry_out(const slots::Unpark& action);
    void carry_out(const slots::Freeze& action);
    void carry_out(const slots::Thaw& action);
    void carry_out(const slots::StopWorker& action);
    void carry_out(const slots::LookHeeding& action);
    void carry_out(const slots::KillWorker& action);
    void carry_out(const slots::Examine& action);
    void carry_out(const slots::Announce& action);
    void carry_out(const slots::Warn& action);
    void carry_out(const slots::Finish& action);
    void complain(const Error& error);
    // change.cpp: a changed policy
    std::variant<control::ReloadReply, control::Failure, Leaving> reload(Asker asker);
    void take_up(Prepared prepared);
    void accept(Workers workers);
    void drop_departed_slots();
    void follow_trial();
    void carry_out(const slots::SlotGone& action);
    // lifetimes.cpp: from launch to record
    void carry_out(const slots::Launch& action);
    void never_launched(WorkerId id, FailedStep failure);
    void make_one_ahead();
    void carry_out(const slots::RecordEnd& action);
    void record_ends();
    void look_at_pending();
    void record_end(const slots::RecordEnd& action);
    void finish_record(WorkerId id, const control::Record& record);
    void carry_out(const slots::Forget& action);
    // observe.cpp: actions that look
    void carry_out(const slots::LookReady& action);
    void carry_out(const slots::LookIdle& action);
    void carry_out(const slots::TakeSample& action);
    void carry_out(const slots::LookRoom& action);
    // operators.cpp: calls of operators
    [[nodiscard]] control::Calls calls();
    [[nodiscard]] std::vector<control::SlotStatus> shown(const std::vector<SlotId>& slots) const;
    void tell_progress();
    void carry_out(const slots::Reply& action);
    void order(control::CallId call, const std::vector<std::string>& names, control::Wait wait,
               const std::function<slots::Event(slots::RequestId, std::vector<SlotId>)>& make);
    [[nodiscard]] std::optional<std::vector<SlotId>> resolve(control::CallId call,
                                                             const std::vector<std::string>& names);

    systemd::EventLoop& loop_;
    Parts parts_;
    slots::Decider decider_;
    LiveWorkers workers_;
    std::deque<slots::Event> learned_;
    Sources sources_;
    PendingRecords pending_;
    Places places_;
    std::optional<control::Server> server_;
    std::map<slots::RequestId, Waiting> waiting_;
    std::set<control::CallId> followers_;
    events::Complaints complaints_;
    LateEvidence evidence_;
    Clearing clearing_;
    slots::RequestId next_request_ = 1;
    bool keeper_gone_ = false, stop_repeats_ = false; // the next stop signal was obeyed already
};

} // namespace recycler::controller
