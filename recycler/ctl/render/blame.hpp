// SPDX-License-Identifier: MIT
// The page of `blame`: a sentence that names whom to look at, then the routes by growth and by
// time. Pure.
#pragma once

#include "recycler/control/model/blame.hpp"
#include "recycler/ctl/render/render.hpp"

#include <string>

namespace recycler::ctl {

enum class BlameBy { both, growth, time };

std::string render_blame(const control::Blame& blame, BlameBy by, const Style& style);

} // namespace recycler::ctl
