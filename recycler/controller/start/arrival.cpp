// SPDX-License-Identifier: MIT
#include "recycler/controller/start/arrival.hpp"

#include "recycler/base/version.hpp"

namespace recycler::controller {

namespace {

control::EventLine upgraded(const UpgradeNote& note, WallTime now) {
    const std::string text = "from version " + note.left + " to " + std::string(version());
    return {.at = now, .event = control::name_of(EventName::upgraded), .members = {{"text", text}}};
}

control::EventLine failed_to_upgrade(WallTime now) {
    const std::string text =
        "the new program does not work, version " + std::string(version()) + " goes on";
    return {.at = now,
            .event = control::name_of(EventName::upgrade_failed),
            .members = {{"text", text}}};
}

} // namespace

Arrival arrive(keeper::Link& link, const Inheritance& inheritance, WallTime now) {
    Arrival arrival;
    if (inheritance.reload) {
        arrival.came_to_reload = inheritance.reload != Asker::nobody;
        arrival.reloads = inheritance.reload == Asker::signal;
        (void)drop_reload_note(link); // fails only when the keeper is gone, and then all ends
    }
    const auto& note = inheritance.upgrade;
    if (note && !runs(note->wanted)) {
        arrival.unfit = note->wanted; // the note stays, for whoever comes after us
        arrival.told = failed_to_upgrade(now);
    } else if (note) {
        (void)drop_note(link); // as above
        arrival.told = upgraded(*note, now);
        arrival.came_from = note->asker == Asker::call ? note->left : "";
        arrival.reloads = arrival.reloads || note->asker == Asker::signal;
    } else if (!inheritance.reload) {
        arrival.told = control::EventLine{
            .at = now, .event = control::name_of(EventName::controller_replaced)};
    }
    return arrival;
}

} // namespace recycler::controller
