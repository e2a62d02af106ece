// SPDX-License-Identifier: MIT
// What lint has found, as text and as the values of its JSON. Pure.
#pragma once

#include "recycler/control/model/linted.hpp"
#include "recycler/lint/lint.hpp"

#include <string>

namespace recycler::ctl {

// As a compiler tells it, "nginx.conf:12:5: loses requests: ...", below it what to write instead;
// a line for each kind that was read where nothing was found. Printable, whatever the files hold.
std::string render_lint(const lint::Report& report, const lint::Asked& asked);

control::Linted linted(const lint::Report& report, const lint::Asked& asked);

} // namespace recycler::ctl
