// SPDX-License-Identifier: MIT
// Looks for outsiders that hold a listener (worker/listen/outsiders.hpp), in a child process: one
// look for all listeners that were asked for by then, and never two at once. Between two looks it
// rests, so that an app whose workers end all the time costs a tenth of a processor at most.
#pragma once

#include "recycler/controller/learn.hpp"
#include "recycler/controller/telling.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/slots/action.hpp"
#include "systemd/child_work.hpp"

#include <set>

namespace recycler::controller {

class Holders {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        const SlotTable& slots;
        int keeper_pid = 0;
        Telling& telling;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit Holders(Uses uses);
    Result<void> add_sources();

    void carry_out(const slots::LookHolders& action);

  private:
    void look();
    void seen(const std::set<ListenerId>& listeners, const Result<std::string>& answer);

    Uses uses_;
    systemd::ChildWork children_;
    std::set<ListenerId> asked_; // for the next look
    bool looking_ = false;
    MonoTime began_at_;
    MonoTime rests_until_;
    systemd::Timer next_;
};

} // namespace recycler::controller
