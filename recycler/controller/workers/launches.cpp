// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/launches.hpp"

#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener_state.hpp"

namespace recycler::controller {

Result<void> Launches::add_sources() {
    auto make_ahead = uses_.loop.add_timer([this] { make_one_ahead(); }, systemd::Priority::last);
    if (!make_ahead) {
        return std::move(make_ahead).error();
    }
    make_ahead_ = std::move(*make_ahead);
    return {};
}

void Launches::carry_out(const slots::Launch& action) {
    const policies::Policy& policy = uses_.governing.policy();
    LiveWorker& worker = uses_.workers[action.worker];
    worker.listener = action.listener;
    worker.launched_at = uses_.loop.now();
    worker.born_under.memory_max = policy.memory.max;
    worker.born_under.pids_max = policy.limits.pids;
    worker.born_under.files_max = policy.limits.nofile;
    const int listener = uses_.slots.fd(action.listener);
    if (listener < 0) {
        return never_launched(action.worker,
                              {"listener", uses_.slots.why_not_open(action.listener)});
    }
    if (const auto amiss = uses_.listeners.look_at(action.listener)) {
        uses_.learn.learn(*amiss);
    } else if (const auto as_new = worker::make_as_new(
                   listen_spec(policy, uses_.governing.socket_owner(),
                               uses_.slots.address(action.listener.slot), action.listener.serial),
                   listener);
               !as_new) {
        uses_.telling.complain(as_new.error());
    }
    auto place = places_.take(action.worker);
    make_ahead_soon();
    if (auto* none = std::get_if<Launching::NoPlace>(&place)) {
        uses_.telling.complain(none->error);
        return never_launched(action.worker, none->failure);
    }
    const auto launched =
        start(action, std::get<Launching::Place>(std::move(place)), listener, worker);
    if (!launched) {
        uses_.telling.complain(launched.error());
        return never_launched(action.worker, {"keeper", launched.error().code});
    }
    const auto hidden = worker::is_hidden(uses_.slots.address(action.listener.slot), listener);
    if (hidden && *hidden) {
        worker.page->let_go(); // of what waits in its queue; until the gate opens
    }
}

Result<void> Launches::start(const slots::Launch& action, Launching::Place place, int listener,
                             LiveWorker& worker) {
    auto channel = launching_.gives_channels()
                       ? uses_.channels.give(action.worker, action.resting, worker)
                       : Result(std::vector<int>());
    if (!channel) {
        return std::move(channel).error();
    }
    return launching_.launch(
        action.worker, std::move(place), uses_.link,
        {.listener = listener, .channel = std::move(*channel), .resting = action.resting}, worker);
}

void Launches::never_launched(WorkerId id, FailedStep failure) {
    if (LiveWorker* worker = find_in(uses_.workers, id)) {
        worker->life = NeverStarted{.failure = std::move(failure)};
        uses_.learn.learn(slots::WorkerExited{id, slots::Ending::never_started});
    }
}

void Launches::launched(WorkerId id, LiveWorker& worker, Duration took) {
    launching_.counting().begin(id, worker, uses_.link);
    uses_.telling.announce(
        {.at = uses_.loop.wall_now(),
         .event = control::name_of(EventName::started),
         .slot = uses_.slots.name(id.slot),
         .generation = id.generation,
         .members = {{"pid", std::int64_t{worker.pid}},
                     {"address", policies::to_string(uses_.slots.address(id.slot))},
                     {"exec_us", std::int64_t{took.count() / 1000}}}});
}

void Launches::look_who_counts(WorkerId id, LiveWorker& worker, Duration patience) {
    launching_.counting().look({id, worker, uses_.slots.fd(worker.listener)}, patience, uses_.link);
}

void Launches::counters_arrived(keeper::ThreadFilesArrived& news) {
    if (LiveWorker* worker = find_in(uses_.workers, news.id)) {
        launching_.counting().take(*worker, std::move(news), uses_.link);
    }
}

void Launches::change(Launching launching) {
    launching_ = std::move(launching);
    places_.give_up_all(); // they were made by the policy before
    make_ahead_soon();
}

// In a quiet moment: the place of the worker that will come next in some slot.
void Launches::make_one_ahead() {
    std::set<WorkerId> wanted;
    for (const slots::Slot& slot : uses_.decider.slots()) {
        if (slot.wanted != slots::Wanted::gone) {
            wanted.insert({slot.id, slot.next_generation});
        }
    }
    if (places_.make_one_of(wanted) == Places::Rest::more_to_make) {
        make_ahead_soon();
    }
}

} // namespace recycler::controller
