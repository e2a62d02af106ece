// SPDX-License-Identifier: MIT
// What the journal needs of a kind of event.
#pragma once

#include "recycler/base/event_name.hpp"

#include <string_view>

namespace recycler::events {

// PRIORITY= of the journal, as in syslog(3). A warning and anything above it is what a person
// should look at: `journalctl -p warning` shows nothing else.
enum class Urgency { error = 3, warning = 4, notice = 5, info = 6 };

struct EventKind {
    EventName event; // one event may be of several kinds
    std::string_view message_id;
    Urgency urgency;
    std::string_view phrase; // "7012.3 PHRASE"; empty: the event has a sentence of its own
};

} // namespace recycler::events
