// SPDX-License-Identifier: MIT
// What is told to people: the decider's words, what a room has to say, and troubles, each once.
// Owns what has been complained of; the events themselves are the event log's.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/events/complaints.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/slots/action.hpp"
#include "systemd/event_loop.hpp"

namespace recycler::controller {

class Telling {
  public:
    struct Uses {
        const systemd::EventLoop& loop;
        const SlotTable& slots;
        events::EventLog& event_log;
    };
    // All of `uses` must outlive it.
    explicit Telling(Uses uses) : uses_(uses) {}

    void announce(control::EventLine line) { uses_.event_log.happened(std::move(line)); }
    // Unless the like of `what` was told lately.
    void announce_if_new(const std::string& what, control::EventLine line);
    void complain(const Error& error);

    void carry_out(const slots::Announce& action);
    void carry_out(const slots::Warn& action);

  private:
    Uses uses_;
    events::Complaints complaints_;
};

} // namespace recycler::controller
