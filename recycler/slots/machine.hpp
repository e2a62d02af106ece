// SPDX-License-Identifier: MIT
// What the machine permits the decider to do; see the limitations in `status`.
#pragma once

namespace recycler::slots {

enum class DryRun { off, on };

struct Machine {
    bool can_show = true; // a hidden listener can be shown again
    bool parkable = true; // workers carry the recorder
    bool keeps = false;   // connections may rest in workers, and be handed on
    bool spares = true;   // workers can wait without a slot, if they carry the recorder
    DryRun dry_run = DryRun::off;
    // That this controller and its workers may run on, or whose time they get.
    unsigned processors = 1;
};

} // namespace recycler::slots
