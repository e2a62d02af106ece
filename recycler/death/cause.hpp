// SPDX-License-Identifier: MIT
// What ended a worker, in a few words that are the same for all that ended alike: no pid, no time,
// no request. With the verdict it tells which deaths are one trouble and which are two.
#pragma once

#include "recycler/death/evidence.hpp"
#include "recycler/death/verdict.hpp"

#include <optional>
#include <string>

namespace recycler::death {

// "memory.max", "SIGKILL from sh in ssh.service", "SIGSEGV", "unshare", "status 1", "exec: ENOENT".
// One line, printable. nullopt where the verdict says it all.
std::optional<std::string> cause_of(Verdict verdict, const Evidence& evidence);

} // namespace recycler::death
