// SPDX-License-Identifier: MIT
// What `explain` prints for a person. Pure.
#pragma once

#include "recycler/control/model/explained.hpp"
#include "recycler/ctl/render/render.hpp"

namespace recycler::ctl {

std::string render_explained(const control::ExplainedLog& log, const Style& style);

} // namespace recycler::ctl
