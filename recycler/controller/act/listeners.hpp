// SPDX-License-Identifier: MIT
// The listeners of the slots: opens, closes, shows, hides, steers and looks at them, and turns
// clients away from one that nobody serves. Alone changes the table of slots. What cannot be done
// is learned as ListenerFailed.
#pragma once

#include "recycler/controller/act/channels.hpp"
#include "recycler/controller/learn.hpp"
#include "recycler/controller/policy/governing_policy.hpp"
#include "recycler/controller/telling.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/listen/turning_away.hpp"

#include <functional>

namespace recycler::controller {

class Listeners {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        SlotTable& slots;
        Channels& channels;
        LiveWorkers& workers; // who holds a listener: lets connections go, has lost a queue
        const slots::Decider& decider;
        const GoverningPolicy& governing;
        keeper::Link& link;
        worker::SocketDiag& diag;
        Telling& telling;
        Learn& learn;
        std::function<bool()> makes_room; // PolicyChange's
    };
    // All of `uses` must outlive it.
    explicit Listeners(Uses uses) : uses_(std::move(uses)) {}
    Result<void> add_sources();

    void carry_out(const slots::OpenListener& action);
    void carry_out(const slots::CloseListener& action);
    void carry_out(const slots::ShowListener& action);
    void carry_out(const slots::HideListener& action);
    void carry_out(const slots::Steer& action);
    void carry_out(const slots::TurnAway& action);

    // Puts right what is wrong with it. What is amiss and stays so is for the decider to learn.
    [[nodiscard]] std::optional<slots::ListenerAmiss> look_at(ListenerId listener);
    // How many connections were seen to wait in it.
    void note_queued(ListenerId listener, std::uint32_t queued) {
        uses_.slots.note_queued(listener, queued);
    }
    void failed(slots::ListenerOrder order, ListenerId listener, const Error& error);

    // Gives numbers to the new slots of a changed policy, and their listeners to the keeper.
    [[nodiscard]] std::vector<slots::AddedSlot> add_slots(std::vector<NewSlot> added);
    // Those that there are become what a changed policy says of them.
    void update_all();
    // Closes what is open of a slot that the decider does not know.
    void close_all_of(SlotId slot);
    void remove_slot(const slots::SlotGone& gone);

  private:
    Uses uses_;
    worker::TurningAway turning_away_;
    systemd::Timer read_on_; // from clients that were turned away
};

} // namespace recycler::controller
