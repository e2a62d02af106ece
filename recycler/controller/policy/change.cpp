// SPDX-License-Identifier: MIT
// A changed policy, taken up: by `reload`, or by the controller after one that was killed while it
// did so.
#include "recycler/base/text/join.hpp"
#include "recycler/base/version.hpp"
#include "recycler/controller/controller.hpp"
#include "recycler/controller/policy/listen_spec.hpp"
#include "recycler/controller/start/limitations.hpp"
#include "recycler/events/log.hpp"

#include <algorithm>
#include <sys/epoll.h>

namespace recycler::controller {

namespace {

std::string in_words(const control::Failure& failure) {
    if (const auto* faults = std::get_if<control::PolicyError>(&failure)) {
        return faults->faults;
    }
    return std::get<control::Refused>(failure).reason;
}

// What keeps us from it; nullopt: the next program finds all it must know.
std::optional<control::Failure> make_room(Parts& parts, const ProgramFile& newer, Asker asker) {
    const std::string own(version());
    if (newer == parts.unfit) {
        const std::string reason = "the program that was installed last, " +
                                   parts.arguments.program +
                                   ", does not work (see the log), so version " + own + " goes on";
        events::log::say(events::log::Level::warning, reason);
        return control::Refused{reason};
    }
    const UpgradeNote note{.wanted = newer, .left = own, .asker = asker};
    if (const auto left = leave_note(parts.link, parts.ledger.fd(), note); !left) {
        return control::Refused{left.error().message()};
    }
    events::log::say(events::log::Level::info,
                     "making room for the new program " + parts.arguments.program);
    return std::nullopt;
}

// Likewise. A controller that was started for such a reload has a permit for what stood in the file
// then.
std::optional<control::Failure> make_room_for_permit(Parts& parts, bool came_for_it, Asker asker) {
    if (came_for_it) {
        return control::Refused{"somebody changed the policy, or an account that it names, while "
                                "the daemon read it: reload again"};
    }
    if (const auto left = leave_reload_note(parts.link, parts.ledger.fd(), asker); !left) {
        return control::Refused{left.error().message()};
    }
    events::log::say(events::log::Level::info,
                     "the policy changes how workers are started: making room for a new "
                     "controller, which puts it into force");
    return std::nullopt;
}

} // namespace

std::variant<control::ReloadReply, control::Failure, Leaving> Controller::reload(Asker asker) {
    if (decider_.stopping()) {
        return control::Failure{control::Refused{"the app is stopping"}};
    }
    if (const auto newer = find_newer(parts_.arguments.program)) {
        if (auto failure = make_room(parts_, *newer, asker)) {
            return std::move(*failure);
        }
        loop_.exit(keeper::k_makes_room);
        return Leaving{};
    }
    auto outcome = prepare_reload(parts_);
    const bool came_for_it = std::exchange(parts_.came_to_reload, false);
    if (std::holds_alternative<NeedsPermit>(outcome)) {
        if (auto failure = make_room_for_permit(parts_, came_for_it, asker)) {
            outcome = std::move(*failure);
        } else {
            loop_.exit(keeper::k_makes_room);
            return Leaving{};
        }
    }
    if (auto* failure = std::get_if<control::Failure>(&outcome)) {
        const std::string reason = in_words(*failure);
        announce({.at = loop_.wall_now(),
                  .event = control::name_of(EventName::policy_refused),
                  .members = {{"text", reason}}});
        return std::move(*failure);
    }
    auto& prepared = std::get<Prepared>(outcome);
    control::ReloadReply reply{in_sentences(prepared.change)};
    const std::string text =
        reply.changes.empty() ? "nothing in it has changed" : text::joined(reply.changes, "; ");
    announce({.at = loop_.wall_now(),
              .event = control::name_of(EventName::policy_loaded),
              .members = {{"text", text}}});
    take_up(std::move(prepared));
    return reply;
}

// Nothing here can refuse any more. Until the new text is accepted, a controller that comes after
// us goes on by the old one.
void Controller::take_up(Prepared prepared) {
    const policies::Change& change = prepared.change;
    slots::PolicyChanged changed{.policy = prepared.resolved.policy,
                                 .added = add_slots(parts_, std::move(prepared.added)),
                                 .removed = parts_.slots.ids_of(change.removed),
                                 .workers_change = change.recycles()};
    parts_.policy = std::move(prepared.resolved.policy);
    parts_.policy_text = std::move(prepared.resolved.text);
    parts_.policy_loaded_at = loop_.wall_now();
    accept(changed.workers_change ? Workers::outdated : Workers::up_to_date);
    parts_.account = std::move(prepared.resolved.account);
    parts_.socket_owner = prepared.resolved.socket_owner;
    parts_.control_group = prepared.resolved.control_group;
    server_->set_rights({.group = parts_.control_group, .reader = parts_.account.uid});
    parts_.launching = std::move(prepared.launching);
    if (const auto kept = parts_.permits.keep(parts_.launching.plan(), parts_.link); !kept) {
        complain(kept.error());
    }
    parts_.limitations = find_limitations(prepared.recorder, parts_.machine);
    parts_.event_log.write_to(parts_.policy.report.file);
    for (const ListenerId listener : parts_.slots.listeners()) {
        const policies::Address& address = parts_.slots.address(listener.slot);
        const auto spec = listen_spec(parts_.policy, parts_.socket_owner, address, listener.serial);
        if (const auto updated = worker::update(spec, parts_.slots.fd(listener)); !updated) {
            complain(updated.error());
        }
    }
    follow_trial();
    places_.give_up_all(); // they were made by the policy before
    sources_.make_ahead.arm(loop_.now() + k_ahead_waits);
    tell(changed);
    if (changed.workers_change) {
        accept(Workers::up_to_date); // the ledger says by now which are to be recycled
    }
}

// What a controller after us goes by.
void Controller::accept(Workers workers) {
    parts_.workers = workers;
    if (const auto kept = keep_policy(parts_); !kept) {
        complain(kept.error());
    }
}

// Whatever the policy was before: it may have put its profile on trial, or taken it off.
void Controller::follow_trial() {
    sources_.trial = {};
    const int log = parts_.trial.follow(parts_.policy);
    if (log < 0) {
        return; // a limitation, where it should have been
    }
    auto trial = loop_.add_io(log, EPOLLIN, [this](std::uint32_t) {
        for (auto& line : parts_.trial.read(workers_, parts_.slots, loop_.wall_now())) {
            announce(std::move(line));
        }
    });
    if (trial) {
        sources_.trial = std::move(*trial);
    } else {
        complain(trial.error());
    }
}

// Those that were gone for the decider of a controller that was killed before it had cleared up.
void Controller::drop_departed_slots() {
    for (const SlotId id : parts_.slots.ids()) {
        const bool known = std::ranges::any_of(
            decider_.slots(), [id](const slots::Slot& slot) { return slot.id == id; });
        if (known) {
            continue;
        }
        for (const ListenerId listener : parts_.slots.listeners()) {
            if (listener.slot == id) {
                carry_out(slots::CloseListener{listener});
            }
        }
        carry_out(slots::SlotGone{.slot = id});
    }
}

void Controller::carry_out(const slots::SlotGone& action) {
    for (const ListenerId listener : parts_.slots.listeners()) {
        if (listener.slot == action.slot) {
            // Its name could not be removed, and nobody is left to try it again.
            parts_.slots.close(listener);
            (void)parts_.link.withdraw(key_of(listener)); // fails only when the keeper is gone
        }
    }
    parts_.slots.remove(action.slot, action.next_generation);
    accept(parts_.workers); // the slots alone have changed
}

} // namespace recycler::controller
