// SPDX-License-Identifier: MIT
// Looks for outsiders that hold a listener (worker/listen/outsiders.hpp), in slices between which
// all else that is due goes first. One look serves all listeners of the app, because more listeners
// do not make it dearer, and no two looks run at once. A handover goes by the last look if that is
// at most a second old. The worker may pass its listener on after any look, so another look follows
// its end; that one waits a moment for more ends. Between two looks it rests, so that an app whose
// workers end all the time costs a tenth of a processor at most.
#pragma once

#include "recycler/controller/learn.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/worker/listen/outsiders.hpp"
#include "systemd/event_loop.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace recycler::controller {

class Holders {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        const SlotTable& slots;
        const slots::Decider& decider;
        int keeper_pid = 0;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit Holders(Uses uses) : uses_(uses) {}
    Result<void> add_sources();

    void carry_out(const slots::LookHolders& action);

  private:
    // A look that is under way.
    struct Look {
        std::set<ListenerId> asked;
        std::map<ListenerId, worker::SocketInode> sockets; // of all that are open
        worker::OutsiderSearch search;
        MonoTime began_at;
        Duration used{0}; // of the processor
    };
    // What the last look has found.
    struct Found {
        MonoTime at; // it began
        std::map<ListenerId, std::string> outsiders;
    };
    [[nodiscard]] std::map<ListenerId, worker::SocketInode> sockets() const;
    [[nodiscard]] bool is_waited_for(ListenerId listener) const;
    void begin();
    void go_on();
    void keep(const Look& look);
    void tell(ListenerId listener);

    Uses uses_;
    std::set<ListenerId> asked_; // for the next look
    MonoTime wanted_at_;         // the first of them
    std::optional<Look> look_;
    Found found_;
    MonoTime rests_until_;
    systemd::Timer next_;
    systemd::Deferred slice_;
};

} // namespace recycler::controller
