// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/change.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/base/version.hpp"
#include "recycler/controller/start/limitations.hpp"
#include "recycler/events/log.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

// Somebody who removes the folder of the sockets has cut off its clients, whatever we do.
constexpr Duration k_between_folder_looks = std::chrono::seconds(2);

// The answer to a reload that an earlier program made room for.
std::string taken_over_in_words(const std::string& version_before) {
    const std::string now(version());
    return "the Recycler that was installed last has taken over: version " + now +
           (version_before == now ? ", as before" : " instead of " + version_before);
}

std::string in_words(const control::Failure& failure) {
    if (const auto* faults = std::get_if<control::PolicyError>(&failure)) {
        return faults->faults;
    }
    return std::get<control::Refused>(failure).reason;
}

} // namespace

Result<void> PolicyChange::add_sources() {
    auto look = uses_.loop.add_timer(
        [this] {
            look_at_folders_.arm(uses_.loop.now() + k_between_folder_looks);
            (void)makes_room();
        },
        systemd::Priority::last);
    if (!look) {
        return std::move(look).error();
    }
    look_at_folders_ = std::move(*look);
    look_at_folders_.arm(uses_.loop.now() + k_between_folder_looks);
    return {};
}

bool PolicyChange::makes_room() {
    const std::string* const folder = is_leaving_ ? nullptr : own_.confinement.outdated();
    if (folder != nullptr && !uses_.decider.stopping() &&
        leave_reload_note(uses_.link, own_.any_fd, Asker::nobody)) {
        events::log::say(events::log::Level::warning,
                         *folder + " is not the folder any more that was there when this "
                                   "controller started: making room for a new controller, which "
                                   "may write to it");
        leave();
    }
    return is_leaving_;
}

void PolicyChange::leave() {
    is_leaving_ = true;
    uses_.loop.exit(keeper::k_makes_room);
}

std::variant<Prepared, NeedsFreshController, control::Failure> PolicyChange::prepare() {
    return prepare_reload({.arguments = own_.arguments,
                           .policy = uses_.governing.policy(),
                           .slots = uses_.slots,
                           .permits = own_.permits,
                           .tracepoints = uses_.launches.counting().found(),
                           .containment = uses_.containment,
                           .runtime_folder = own_.runtime_folder,
                           .keeper_pid = own_.keeper_pid,
                           .given_up = own_.given_up,
                           .confinement = own_.confinement,
                           .own_files = own_.own_files});
}

std::variant<control::ReloadReply, control::Failure, Leaving>
PolicyChange::reload(Asker asker, slots::RequestId request) {
    if (uses_.decider.stopping()) {
        return control::Failure{control::Refused{"the app is stopping"}};
    }
    if (const auto newer = find_newer(own_.arguments.program)) {
        if (auto failure = make_room(*newer, asker)) {
            return std::move(*failure);
        }
        leave();
        return Leaving{};
    }
    auto outcome = prepare();
    const bool came_for_it = std::exchange(came_to_reload_, false);
    if (std::holds_alternative<NeedsFreshController>(outcome)) {
        if (auto failure = make_room_for_reload(came_for_it, asker)) {
            outcome = std::move(*failure);
        } else {
            leave();
            return Leaving{};
        }
    }
    if (auto* failure = std::get_if<control::Failure>(&outcome)) {
        const std::string reason = in_words(*failure);
        uses_.telling.announce({.at = uses_.loop.wall_now(),
                                .event = control::name_of(EventName::policy_refused),
                                .members = {{"text", reason}}});
        return std::move(*failure);
    }
    auto& prepared = std::get<Prepared>(outcome);
    control::ReloadReply reply = announced(in_sentences(prepared.change));
    take_up(std::move(prepared), request);
    return reply;
}

control::ReloadReply PolicyChange::announced(std::vector<std::string> changes) {
    const std::string text =
        changes.empty() ? "nothing in it has changed" : text::joined(changes, "; ");
    uses_.telling.announce({.at = uses_.loop.wall_now(),
                            .event = control::name_of(EventName::policy_loaded),
                            .members = {{"text", text}}});
    if (!came_from_.empty()) {
        const std::string unchanged = changes.empty() ? "; the policy is unchanged" : "";
        changes.insert(changes.begin(),
                       taken_over_in_words(std::exchange(came_from_, {})) + unchanged);
    }
    return {std::move(changes)};
}

// What keeps us from it; nullopt: the next program finds all it must know.
std::optional<control::Failure> PolicyChange::make_room(const ProgramFile& newer, Asker asker) {
    const std::string own(version());
    if (newer == unfit_) {
        const std::string reason = "the Recycler that was installed last, " +
                                   own_.arguments.program +
                                   ", does not work (see the log), so version " + own + " goes on";
        events::log::say(events::log::Level::warning, reason);
        return control::Refused{reason};
    }
    const UpgradeNote note{.wanted = newer, .left = own, .asker = asker};
    if (const auto left = leave_note(uses_.link, own_.any_fd, note); !left) {
        return control::Refused{left.error().message()};
    }
    events::log::say(events::log::Level::info,
                     "making room for the new program " + own_.arguments.program);
    return std::nullopt;
}

// Likewise. A controller that was started for such a reload has a permit for what stood in the file
// then.
std::optional<control::Failure> PolicyChange::make_room_for_reload(bool came_for_it, Asker asker) {
    if (came_for_it) {
        return control::Refused{"somebody changed the policy, or an account that it names, while "
                                "the daemon read it: reload again"};
    }
    if (const auto left = leave_reload_note(uses_.link, own_.any_fd, asker); !left) {
        return control::Refused{left.error().message()};
    }
    events::log::say(events::log::Level::info,
                     "the policy changes how workers are started, or what the controller may do: "
                     "making room for a new controller, which puts it into force");
    return std::nullopt;
}

// Nothing here can refuse any more. Until the new text is accepted, a controller that comes after
// us goes on by the old one.
void PolicyChange::take_up(Prepared prepared, slots::RequestId request) {
    const policies::Change& change = prepared.change;
    const slots::PolicyChanged changed{.policy = prepared.resolved.policy,
                                       .added =
                                           uses_.listeners.add_slots(std::move(prepared.added)),
                                       .removed = uses_.slots.ids_of(change.removed),
                                       .workers_change = change.recycles(),
                                       .request = request};
    uses_.governing.replace(std::move(prepared.resolved), uses_.loop.wall_now());
    accept(changed.workers_change ? Workers::outdated : Workers::up_to_date);
    uses_.set_rights(uses_.governing.rights());
    uses_.launches.change(std::move(prepared.launching));
    if (const auto kept = own_.permits.keep(uses_.launches.plan(), uses_.link); !kept) {
        uses_.telling.complain(kept.error());
    }
    own_.limitations =
        find_limitations(changed.policy, prepared.recorder, own_.permits.isolation(), own_.machine);
    uses_.event_log.write_to(changed.policy.report.file);
    uses_.listeners.update_all();
    uses_.watching.follow_trial();
    uses_.learn.tell(changed);
    if (changed.workers_change) {
        accept(Workers::up_to_date); // the ledger says by now which are to be recycled
    }
}

// What a controller after us goes by.
void PolicyChange::accept(Workers workers) {
    if (const auto kept = uses_.governing.accept(workers, uses_.slots.names(), uses_.link); !kept) {
        uses_.telling.complain(kept.error());
    }
}

void PolicyChange::arrive(const Arrival& arrival) {
    came_from_ = arrival.came_from;
    came_to_reload_ = arrival.came_to_reload;
    unfit_ = arrival.unfit;
}

void PolicyChange::drop_departed_slots() {
    for (const SlotId id : uses_.slots.ids()) {
        if (uses_.decider.find(id) == nullptr) {
            uses_.listeners.close_all_of(id);
            carry_out(slots::SlotGone{.slot = id});
        }
    }
}

void PolicyChange::finish_change() {
    if (uses_.governing.workers() == Workers::up_to_date) {
        return;
    }
    // The one before was killed before its decider had written down who is due: due once more, at
    // worst.
    uses_.learn.tell(slots::PolicyChanged{
        .policy = uses_.governing.policy(), .added = {}, .removed = {}, .workers_change = true});
    accept(Workers::up_to_date);
}

void PolicyChange::carry_out(const slots::SlotGone& action) {
    uses_.listeners.remove_slot(action);
    uses_.channels.remove(action.slot);
    accept(uses_.governing.workers()); // the slots alone have changed
}

} // namespace recycler::controller
