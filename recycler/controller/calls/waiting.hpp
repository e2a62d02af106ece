// SPDX-License-Identifier: MIT
// One operator's call that waits for an answer: what it wants of each slot, and what it was told
// last of how far that is.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/control/progress.hpp"
#include "recycler/control/server.hpp"

#include <map>
#include <vector>

namespace recycler::controller {

struct Waiting {
    control::CallId call;
    std::vector<SlotId> slots;
    control::Order order = control::Order::drain;
    std::map<std::string, control::Goal> goals{}; // by slot
    control::OrderReply told{};
};

// A reload whose policy is tried first, and what it is answered if that goes well.
struct Tried {
    control::CallId call;
    std::optional<control::ReloadReply> changes; // none: it is not known yet that it is tried
};

// A call that is refused as soon as it is known why.
struct Refusal {
    control::CallId call;
    std::string reason;
};

// `slots`: as they are now. The goals are set before the decider hears of the order.
void set_goals(Waiting& waiting, const std::vector<control::SlotStatus>& slots);
control::OrderReply progress_of(const Waiting& waiting,
                                const std::vector<control::SlotStatus>& slots);

// Who is quick is not bothered; who waits can watch a request's seconds count up.
constexpr Duration k_first_progress = std::chrono::milliseconds(150);
constexpr Duration k_next_progress = std::chrono::milliseconds(500);

} // namespace recycler::controller
