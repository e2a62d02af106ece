// SPDX-License-Identifier: MIT
// A changed policy: read again, refused or taken up, by `reload` or a signal, or by the controller
// after one that was killed while it did so. Where another program, or a permit for another plan,
// is needed first, makes room for a controller that has it. Owns what only a reload changes: the
// permits, and what this machine cannot give.
#pragma once

#include "recycler/controller/look/watching.hpp"
#include "recycler/controller/policy/permits.hpp"
#include "recycler/controller/policy/reload.hpp"
#include "recycler/controller/start/arrival.hpp"
#include "recycler/controller/workers/launches.hpp"

#include <functional>

namespace recycler::controller {

class PolicyChange {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        const SlotTable& slots;
        const slots::Decider& decider;
        GoverningPolicy& governing; // replaces it
        Containment& containment;
        keeper::Link& link;
        events::EventLog& event_log; // another report file
        Listeners& listeners;
        Launches& launches;
        Watching& watching;
        Channels& channels;
        Telling& telling;
        Learn& learn;
        std::function<void(const control::Rights&)> set_rights; // on the control socket
    };
    struct Setup {
        Arguments arguments;
        std::string runtime_folder; // of the app
        int keeper_pid = 0;
        std::uint64_t given_up = 0; // capabilities, by the keeper
        int any_fd = -1;            // stays open: a note for the next controller stands beside it
        Permits permits;
        slots::Machine machine;
        std::vector<std::string> limitations;
        Confinement confinement;
        OwnFiles own_files;
    };
    // All of `uses` must outlive it.
    PolicyChange(Uses uses, Setup setup) : uses_(std::move(uses)), own_(std::move(setup)) {}

    [[nodiscard]] Result<void> add_sources();
    // Whether this controller leaves, to make room for another one; also because a folder that it
    // may write to is another one by now, which is looked for here.
    bool makes_room();
    [[nodiscard]] bool is_leaving() const { return is_leaving_; }

    // `request`: who is answered by the decider, if the policy is tried first; 0: nobody.
    std::variant<control::ReloadReply, control::Failure, Leaving>
    reload(Asker asker, slots::RequestId request = 0);
    void carry_out(const slots::SlotGone& action);

    // After the controller before. `arrival`: what this one has come for.
    void arrive(const Arrival& arrival);
    // Those that were gone for its decider, and that it had not cleared up yet.
    void drop_departed_slots();
    // What it had taken up, and its decider may not have written down.
    void finish_change();

    // For `status`.
    [[nodiscard]] const std::vector<std::string>& limitations() const { return own_.limitations; }
    [[nodiscard]] bool can_show() const { return own_.machine.can_show; }
    [[nodiscard]] const std::string& policy_path() const { return own_.arguments.policy_path; }

  private:
    [[nodiscard]] std::optional<control::Failure> make_room(const ProgramFile& newer, Asker asker);
    [[nodiscard]] std::optional<control::Failure> make_room_for_reload(bool came_for_it,
                                                                       Asker asker);
    void leave();
    std::variant<Prepared, NeedsFreshController, control::Failure> prepare();
    control::ReloadReply announced(std::vector<std::string> changes);
    void take_up(Prepared prepared, slots::RequestId request);
    void accept(Workers workers);

    Uses uses_;
    Setup own_;
    systemd::Timer look_at_folders_;
    bool is_leaving_ = false;
    std::string came_from_;            // the version before; until a reload has told it
    bool came_to_reload_ = false;      // the controller before made room; until it was tried
    std::optional<ProgramFile> unfit_; // the installed program that was tried and did not work
};

} // namespace recycler::controller
