// SPDX-License-Identifier: MIT
// The controller: one turn after another. News becomes an event for the decider; its answer is
// written into the ledger, then carried out, each action by the room that can; what an action
// learns is the next event. Decisions belong into recycler/slots.
//
// The rooms, and what each alone changes
//   Channels      how slots hand kept connections on, and what rests in a worker
//   Listeners     the table of slots, and their listeners
//   Launches      the plan of the workers, and the places for the next ones
//   Holders       which listeners are looked at for outsiders
//   Processes     what was sent to a worker
//   Looking       what was seen of a worker that runs
//   Watching      who sent it signals, what its profile let through; what it writes for the journal
//   Deaths        the order in which the dead are recorded, cleared away and forgotten
//   PolicyChange  the policy in force, the permits
//   Operators     the control socket, and who waits for what
//   Departure     nothing; it is how all ends
//   News          what the keeper told of workers
//   Telling       what has been complained of
#pragma once

#include "recycler/controller/act/departure.hpp"
#include "recycler/controller/act/processes.hpp"
#include "recycler/controller/calls/operators.hpp"
#include "recycler/controller/calls/unit_status.hpp"
#include "recycler/controller/evidence/deaths.hpp"
#include "recycler/controller/look/holders.hpp"
#include "recycler/controller/look/looking.hpp"
#include "recycler/controller/news.hpp"
#include "recycler/controller/start/opened.hpp"

#include <deque>

namespace recycler::controller {

class Controller final : private Learn {
  public:
    Controller(systemd::EventLoop& loop, Opened opened);
    Result<void> connect(UniqueFd control_socket); // watches it, and the keeper's link
    // In the first turn of the loop: starts from nothing, or takes over what the keeper held for
    // the controller before.
    void begin() { first_.schedule(); }
    void adopt(Inheritance inheritance);

  private:
    void start_anew();
    void take_over(Inheritance inheritance);
    void learn(slots::Event event) override { learned_.push_back(std::move(event)); }
    void tell(const slots::Event& event) override;
    void take_turn() override { run_turn({}); }
    void run_turn(std::vector<slots::Action> actions);
    void carry_out_all(const std::vector<slots::Action>& actions);
    void tell_unit();
    slots::Holdings hold(Inheritance& inheritance);
    void tell_what_was_before(WallTime arrival);
    void tree_made_anew(const Containment::Holds& holds);

    // What several rooms use.
    systemd::EventLoop& loop_;
    WallTime begun_at_; // the daemon
    int keeper_pid_;
    UniqueFd lock_; // of the app
    keeper::Link link_;
    GoverningPolicy governing_;
    const policies::Policy& policy_ = governing_.policy();
    SlotTable slots_;
    LiveWorkers workers_;
    Containment containment_;
    worker::SocketDiag diag_;
    events::EventLog event_log_;
    Blaming blaming_{policy_};

    // The turn.
    LedgerFile ledger_;
    slots::Decider decider_;
    std::deque<slots::Event> learned_;
    systemd::Timer deadline_;                // the decider's next
    systemd::Deferred first_;                // the first turn
    std::optional<Inheritance> inheritance_; // for that
    UnitStatus unit_status_;

    Telling telling_{{loop_, slots_, event_log_}};
    Channels channels_{{workers_, policy_, link_, slots_, telling_, *this}};
    Listeners listeners_{{loop_, slots_, channels_, workers_, decider_, governing_, link_, diag_,
                          telling_, *this, [this] { return changes_.makes_room(); }}};
    Holders holders_{{loop_, slots_, decider_, keeper_pid_, *this}};
    Processes processes_{
        {loop_, workers_, slots_, channels_, link_, policy_, diag_, telling_, *this}};
    Launches launches_;
    Watching watching_;
    Looking looking_{{loop_, workers_, slots_, channels_, decider_, policy_, containment_, link_,
                      diag_, listeners_, launches_, blaming_, telling_, *this},
                     Outside({loop_, slots_, policy_, containment_, link_})};
    Deaths deaths_{{loop_, workers_, slots_, policy_, governing_.account(), containment_, link_,
                    event_log_, watching_, blaming_, telling_, *this}};
    PolicyChange changes_;
    Status status_{{loop_, decider_, workers_, slots_, governing_, ledger_, containment_, launches_,
                    watching_, changes_, event_log_, keeper_pid_}};
    Operators operators_{{loop_, decider_, workers_, slots_, policy_, event_log_, blaming_,
                          changes_, status_, *this}};
    Departure departure_{{loop_, policy_, containment_, link_, event_log_, launches_, telling_}};
    News news_{{loop_, workers_, slots_, decider_, policy_, containment_, link_, listeners_,
                processes_, launches_, changes_, departure_, telling_, *this}};
};

} // namespace recycler::controller
