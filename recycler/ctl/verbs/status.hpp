// SPDX-License-Identifier: MIT
// recyclerctl status: what each slot and its worker do; watched, until Ctrl-C.
#pragma once

#include "recycler/ctl/render/render.hpp"
#include "recycler/ctl/syntax.hpp"

#include <string>
#include <vector>

namespace recycler::ctl {

class Session;

enum class Watch { once, each_second };
struct Status {
    std::vector<std::string> slots;
    Watch watch = Watch::once;
    Shown::Limitations limitations = Shown::Limitations::brief;
};

Typed<Status> typed_status(Syntax& syntax);
// The exit code.
int run_status(Session& session, const Status& asked);

} // namespace recycler::ctl
