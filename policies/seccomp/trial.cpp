// SPDX-License-Identifier: MIT
#include "policies/seccomp/trial.hpp"

#include <cerrno>

namespace policies::seccomp {

Action on_trial(Action action) {
    const bool stays = action.deed == Deed::allow || action == Action{Deed::answer, ENOSYS};
    return stays ? action : Action{Deed::log};
}

Profile on_trial(Profile profile) {
    profile.otherwise = on_trial(profile.otherwise);
    profile.foreign = on_trial(profile.foreign);
    for (Rule& rule : profile.rules) {
        rule.action = on_trial(rule.action);
    }
    profile.logs = false; // what is answered is no news
    return profile;
}

} // namespace policies::seccomp
