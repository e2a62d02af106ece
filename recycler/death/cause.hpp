// SPDX-License-Identifier: MIT
// What ended a worker, in a few words that are the same for all that ended alike: no pid, no time,
// no request. With the verdict it tells which deaths are one trouble and which are two.
#pragma once

#include "recycler/death/evidence.hpp"

#include <string>
#include <string_view>

namespace recycler::death {

// Of one row of the decision (explain.cpp): fixed words, and what the evidence adds to them. One
// line, printable. Both are empty where the verdict says it all.
struct Cause {
    std::string_view words;
    std::string (*rest)(const Evidence&) = nullptr;
};

// The rest, each as far as its row has proved it.
std::string by_which_child(const Evidence& evidence);  // ", by its child convert", or nothing
std::string signal_of_whom(const Evidence& evidence);  // "SIGKILL from sh in ssh.service"
std::string signal_of_crash(const Evidence& evidence); // "SIGSEGV"
std::string call_forbidden(const Evidence& evidence);  // "unshare"
std::string step_of_start(const Evidence& evidence);   // "exec: ENOENT"
std::string status_of_exit(const Evidence& evidence);  // "status 1"
std::string what_cut_it_off(const Evidence& evidence); // "drain.timeout"

} // namespace recycler::death
