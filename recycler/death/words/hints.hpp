// SPDX-License-Identifier: MIT
// What a status, a signal or an errno usually means for an application server, and what to do about
// it: tables of plain advice. Empty where we know nothing better than the bare number.
#pragma once

#include "recycler/death/evidence.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace recycler::death {

struct Advice {
    std::string said; // what it means
    std::string next; // what to do
};

// said: " sh and env exit with 127 if a command does not exist." with a space in front, or
// empty; next: never empty.
Advice hint_for_status(int status);
// What the worker did to get a signal that comes of that where nobody else has sent it (SIGPIPE,
// SIGXCPU ...), as a clause; nullopt where somebody must have sent it.
std::optional<Advice> hint_for_signal(int signal);
// Where a drain ran out over connections that a client keeps open.
std::string hint_for_kept_open();
// " (it accessed memory that it does not have)"
std::string hint_for_crash(int signal);
// What to do about a failed step of the start; never empty.
std::string hint_for_step(const StepFailed& failed);

} // namespace recycler::death
