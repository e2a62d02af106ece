// SPDX-License-Identifier: MIT
// What to say of a slot that there is none of. Pure.
#pragma once

#include "recycler/control/model/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace recycler::ctl {

// "7000-7019, 7030": names that count up are drawn together; at most a line of them.
std::string slot_names(const std::vector<control::SlotStatus>& slots);
// "the slots of the app are 7000-7019", and for a verb typed as a slot: "did you mean: recyclerctl
// stop?"
std::string slot_advice(std::string_view word, const std::vector<control::SlotStatus>& slots);
// The second half alone; empty for a word that is no verb.
std::string verb_advice(std::string_view word);

} // namespace recycler::ctl
