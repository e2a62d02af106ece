// SPDX-License-Identifier: MIT
// The steps of a worker's child that take rights away: user, capabilities, privileges, system
// calls. Nothing but async-signal-safe calls; each returns 0, or the errno that stopped it.
#pragma once

#include "recycler/worker/spawn/plan_view.hpp"

namespace recycler::worker {

// 0, or the errno of the call that answered.
int result_of(long answer);

// While it still may: what is taken out of the bounding set comes back by no program's file.
int drop_capabilities(const PlanHeader& header);
int change_user(const PlanView& plan);
// After the change of user. Root has by exec what the bounding set holds; anybody else keeps over
// it what is ambient.
int keep_capabilities(const PlanHeader& header);

[[nodiscard]] bool gives_up_privileges(const PlanView& plan);
int give_up_privileges(const PlanView& plan);
// Nothing where the plan has none.
int install_filter(const PlanView& plan);

} // namespace recycler::worker
