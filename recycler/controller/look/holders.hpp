// SPDX-License-Identifier: MIT
// Looks for outsiders that hold a listener (worker/listen/outsiders.hpp), in slices between which
// all else that is due goes first: one look for all listeners that were asked for by then, and
// never two at once. A look that no handover waits for, after the end of a worker, is put off for a
// moment, so that one look does for it and for the handover that comes next. Between two looks it
// rests, so that an app whose workers end all the time costs a tenth of a processor at most.
#pragma once

#include "recycler/controller/learn.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/worker/listen/outsiders.hpp"
#include "systemd/event_loop.hpp"

#include <optional>
#include <set>

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
        std::set<ListenerId> listeners;
        worker::OutsiderSearch search;
        MonoTime began_at;
        Duration used{0}; // of the processor
    };
    [[nodiscard]] std::optional<worker::SocketInode> socket_of(ListenerId listener) const;
    [[nodiscard]] bool is_waited_for(ListenerId listener) const;
    void begin();
    void go_on();
    void tell(const Look& look);

    Uses uses_;
    std::set<ListenerId> asked_; // for the next look
    MonoTime wanted_at_;         // the first of them
    std::optional<Look> look_;
    MonoTime rests_until_;
    systemd::Timer next_;
    systemd::Deferred slice_;
};

} // namespace recycler::controller
