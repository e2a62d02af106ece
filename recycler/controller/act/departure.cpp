// SPDX-License-Identifier: MIT
#include "recycler/controller/act/departure.hpp"

#include "recycler/control/socket.hpp"
#include "recycler/events/log.hpp"

#include <filesystem>
#include <sysexits.h>

namespace recycler::controller {

Result<void> Departure::add_sources() {
    auto leave = uses_.loop.add_deferred(
        [this] {
            if (const auto sent = uses_.link.quit(0); !sent) {
                uses_.telling.complain(sent.error());
            }
            uses_.loop.exit(0);
        },
        systemd::Priority::last);
    if (!leave) {
        return std::move(leave).error();
    }
    leave_ = std::move(*leave);
    return {};
}

void Departure::carry_out(const slots::Finish&) {
    uses_.event_log.tell_all_rest(uses_.loop.wall_now());
    uses_.telling.announce(
        {.at = uses_.loop.wall_now(), .event = control::name_of(EventName::stopped)});
    uses_.launches.give_up_places();
    clear_all();             // a controller may have been killed while it removed a group
    std::error_code ignored; // the next start replaces what could not be removed
    std::filesystem::remove(control::control_path(uses_.policy.app.name), ignored);
    leave_.schedule(); // after the answers of this turn have gone out
}

// The kernel has killed the workers with it; their children, and the cgroups, are ours to end.
void Departure::keeper_gone() {
    events::log::say(events::log::Level::critical,
                     "the keeper has ended: ending what is left of the workers");
    clear_all();
    uses_.loop.exit(EX_OSERR);
}

void Departure::clear_all() {
    uses_.containment.sweep({});
    uses_.containment.remove();
}

} // namespace recycler::controller
