// SPDX-License-Identifier: MIT
// What the seccomp profile of a policy stops, for people. Pure.
#pragma once

#include "recycler/control/model/check_report.hpp"

#include <string>

namespace recycler::ctl {

std::string render_profile(const control::ProfileSummary& summary);

} // namespace recycler::ctl
