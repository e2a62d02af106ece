// SPDX-License-Identifier: MIT
// A profile that is tried out: what it forbids is let through and told.
#pragma once

#include "policies/seccomp/profile.hpp"

namespace policies::seccomp {

// Logs what the profile would end a worker for, or answer with an error. ENOSYS stays an answer: it
// is what C libraries are meant to fall back from, not what an app would miss.
Action on_trial(Action action);
Profile on_trial(Profile profile);

} // namespace policies::seccomp
