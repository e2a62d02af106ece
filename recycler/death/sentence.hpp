// One sentence writer per row of the decision in explain.cpp: what happened, the proof, the next
// step, on one line, for somebody who was woken by it. Each may assume that its row's proof holds,
// and copes with everything else being unknown.
#pragma once

#include "recycler/death/evidence.hpp"

#include <string>

namespace recycler::death {

std::string tell_recycled(const Evidence& evidence);
std::string tell_stopped(const Evidence& evidence);
std::string tell_left(const Evidence& evidence);
std::string tell_oom_worker(const Evidence& evidence);
std::string tell_oom_app(const Evidence& evidence);
std::string tell_oom_host(const Evidence& evidence);
std::string tell_killed(const Evidence& evidence);
std::string tell_crashed(const Evidence& evidence);
std::string tell_forbidden_syscall(const Evidence& evidence);
std::string tell_exited(const Evidence& evidence);
std::string tell_hung(const Evidence& evidence);
std::string tell_drain_cut(const Evidence& evidence);
std::string tell_step_failed(const Evidence& evidence);
std::string tell_not_ready(const Evidence& evidence);
std::string tell_unknown(const Evidence& evidence);

} // namespace recycler::death
