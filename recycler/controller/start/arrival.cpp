// SPDX-License-Identifier: MIT
#include "recycler/controller/start/arrival.hpp"

#include "recycler/base/version.hpp"

namespace recycler::controller {

namespace {

control::EventLine arrival(Parts& parts, const std::optional<UpgradeNote>& note, WallTime now) {
    if (!note) {
        return {.at = now, .event = control::name_of(EventName::controller_replaced)};
    }
    const std::string own(version());
    if (!runs(note->wanted)) {
        parts.unfit = note->wanted; // the note stays, for whoever comes after us
        const std::string text = "the new program does not work, version " + own + " goes on";
        return {.at = now,
                .event = control::name_of(EventName::upgrade_failed),
                .members = {{"text", text}}};
    }
    (void)drop_note(parts.link); // fails only when the keeper is gone, and then all ends
    const std::string text = "from version " + note->left + " to " + own;
    return {.at = now, .event = control::name_of(EventName::upgraded), .members = {{"text", text}}};
}

} // namespace

void arrive(Parts& parts, const Inheritance& inheritance, WallTime now) {
    if (inheritance.reload) { // what becomes of it is told by the reload itself
        parts.came_to_reload = true;
        (void)drop_reload_note(parts.link); // as above
    }
    if (inheritance.upgrade || !inheritance.reload) {
        parts.event_log.happened(arrival(parts, inheritance.upgrade, now));
    }
}

bool is_to_reload(const Parts& parts, const Inheritance& inheritance) {
    const bool upgraded = inheritance.upgrade && !parts.unfit;
    return (upgraded && inheritance.upgrade->asker == Asker::signal) ||
           inheritance.reload == Asker::signal;
}

} // namespace recycler::controller
