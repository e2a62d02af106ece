// SPDX-License-Identifier: MIT
// The end of one process of a worker that lives on, such as a child of php-cgi: the event that
// tells of it, with how it ended and what it was serving, as far as that is known.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/controller/workers/children.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace recycler::controller {

using EventMembers = std::vector<std::pair<std::string, control::EventValue>>;

// What the event `child-died` says, at `now`; nullopt: it left in good order, and that is no event.
[[nodiscard]] std::optional<EventMembers> death_of_child(const LiveWorker& worker,
                                                         const GoneChild& child, MonoTime now);

} // namespace recycler::controller
