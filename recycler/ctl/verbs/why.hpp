// SPDX-License-Identifier: MIT
// recyclerctl why: asks the daemon for the ends that are meant, and for those of the other workers
// that tell what is usual.
#pragma once

#include "recycler/ctl/input/since.hpp"
#include "recycler/ctl/syntax.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::ctl {

class Session;

// One slot's ends, those of all slots each for itself, or the unexpected ones by their cause.
struct EachEnd {};
struct ByCause {};
using WhyOf = std::variant<ByCause, EachEnd, std::string>;
struct Why {
    WhyOf of;
    std::optional<Since> since;
};

Typed<Why> typed_why(Syntax& syntax);
// The exit code.
int run_why(Session& session, const Why& asked);

} // namespace recycler::ctl
