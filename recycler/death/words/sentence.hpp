// SPDX-License-Identifier: MIT
// One writer per row of the decision in explain.cpp, for somebody who was woken by it: what
// happened, with the proof, on one line that can stand alone in a log, and what to do next. Each
// may assume that its row's proof holds, and copes with everything else being unknown.
#pragma once

#include "recycler/death/evidence.hpp"

#include <optional>
#include <string>

namespace recycler::death {

struct Telling {
    std::string sentence;
    std::optional<std::string> next{}; // none: nothing is to be done
};

Telling tell_recycled(const Evidence& evidence);
Telling tell_stopped(const Evidence& evidence);
Telling tell_left(const Evidence& evidence); // leaving.cpp
Telling tell_oom_worker(const Evidence& evidence);
Telling tell_oom_app(const Evidence& evidence);
Telling tell_oom_host(const Evidence& evidence);
Telling tell_killed(const Evidence& evidence);
Telling tell_crashed(const Evidence& evidence);
Telling tell_forbidden_syscall(const Evidence& evidence);
Telling tell_exited(const Evidence& evidence); // leaving.cpp
Telling tell_hung(const Evidence& evidence);
Telling tell_stuck(const Evidence& evidence); // stuck.cpp
Telling tell_drain_cut(const Evidence& evidence);
Telling tell_step_failed(const Evidence& evidence);
Telling tell_not_ready(const Evidence& evidence);
Telling tell_unknown(const Evidence& evidence);

} // namespace recycler::death
