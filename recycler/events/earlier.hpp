// SPDX-License-Identifier: MIT
// What the lines of an event store add to what a controller remembers itself. The order of the
// lines counts, and no time in them: clocks are set back.
#pragma once

#include "recycler/control/model/record.hpp"

#include <deque>
#include <string>
#include <variant>
#include <vector>

namespace recycler::events {

// Nothing: neither of the two, or one that a later version wrote otherwise.
using Line = std::variant<std::monostate, control::EventLine, control::Record>;
[[nodiscard]] Line parsed(const std::string& json);

// How far back: to the start of the daemon that wrote last, or as far as there are lines.
enum class Reach { this_daemon, all };

struct Earlier {
    std::vector<control::EventLine> events;
    std::vector<control::Record> records;
};

// `lines` and what is returned: newest first. Events that are `remembered` already are left out;
// records are not, since some are remembered longer than others.
[[nodiscard]] Earlier what_was_before(const std::vector<std::string>& lines,
                                      const std::deque<control::EventLine>& remembered,
                                      Reach reach);

} // namespace recycler::events
