// What a status, a signal or an errno usually means for an application server: tables of plain
// advice. Empty where we know nothing better than the bare number.
#pragma once

#include <string>
#include <string_view>

namespace recycler::death {

// " 127 is what sh and env answer for a command that is not there." with a space in front, or
// empty.
std::string hint_for_status(int status);
// What the worker did to get a signal that only it can cause (SIGPIPE, SIGXCPU ...); empty where
// somebody must have sent it.
std::string hint_for_signal(int signal);
// " (an access to memory it does not have)"
std::string hint_for_crash(int signal);
// " Next: ..." for a failed step of the start.
std::string hint_for_step(std::string_view step, int error);

} // namespace recycler::death
