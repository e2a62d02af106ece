// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/launches.hpp"

#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener_state.hpp"

#include <cerrno>

namespace recycler::controller {

Result<void> Launches::add_sources() {
    auto make_ahead = uses_.loop.add_timer([this] { make_one_ahead(); }, systemd::Priority::last);
    if (!make_ahead) {
        return std::move(make_ahead).error();
    }
    make_ahead_ = std::move(*make_ahead);
    return {};
}

// A process that is to come, or a spare that is there. Null: there is no such spare.
LiveWorker* Launches::new_worker(const slots::Launch& action) {
    LiveWorker* worker =
        action.spare ? births_.rename(*action.spare, action.worker) : &uses_.workers[action.worker];
    if (worker == nullptr) {
        uses_.workers[action.worker].listener = action.listener;
        never_launched(action.worker, {"spare", ESRCH});
        return nullptr;
    }
    worker->listener = action.listener;
    worker->launched_at = uses_.loop.now();
    worker->ready_at.reset();
    if (!action.spare) {
        const policies::Policy& policy = uses_.governing.policy();
        worker->born_under.memory_max = policy.memory.max;
        worker->born_under.pids_max = policy.limits.pids;
        worker->born_under.files_max = policy.limits.nofile;
    }
    return worker;
}

void Launches::carry_out(const slots::Launch& action) {
    LiveWorker* const worker = new_worker(action);
    if (worker == nullptr) {
        return;
    }
    if (action.worker.slot == k_spare_slot) {
        return launch_spare(action);
    }
    const int listener = uses_.slots.fd(action.listener);
    if (listener < 0 && action.spare) {
        Births::end(*worker); // it never gets its slot, and is killed when its time is over
        return;
    }
    if (listener < 0) {
        return never_launched(action.worker,
                              {"listener", uses_.slots.why_not_open(action.listener)});
    }
    if (const auto amiss = uses_.listeners.look_at(action.listener)) {
        uses_.learn.learn(*amiss);
    } else if (const auto as_new = worker::make_as_new(
                   listen_spec(uses_.governing.policy(), uses_.governing.socket_owner(),
                               uses_.slots.address(action.listener.slot), action.listener.serial),
                   listener);
               !as_new) {
        uses_.telling.complain(as_new.error());
    }
    if (action.spare) {
        let_take(action, *worker);
    } else if (auto given = given_to(action, listener, *worker)) {
        launch_into(action.worker, std::move(*given), *worker);
    } else {
        uses_.telling.complain(given.error());
        never_launched(action.worker, {"keeper", given.error().code});
    }
    const auto hidden = worker::is_hidden(uses_.slots.address(action.listener.slot), listener);
    if (hidden && *hidden && worker->page) {
        worker->page->let_go(); // of what waits in its queue; until the gate opens
    }
}

Result<Launching::Given> Launches::given_to(const slots::Launch& action, int listener,
                                            LiveWorker& worker) {
    auto channel = launching_.gives_channels()
                       ? uses_.channels.give(action.worker, action.resting, worker)
                       : Result(std::vector<int>());
    if (!channel) {
        return std::move(channel).error();
    }
    const bool keeps = !channel->empty();
    return Launching::Given{.listener = listener,
                            .channel = std::move(*channel),
                            .keeps = keeps,
                            .resting = action.resting,
                            .birth = {}};
}

// Into the place that was made for it, or one made now.
void Launches::launch_into(WorkerId id, Launching::Given given, LiveWorker& worker) {
    auto place = places_.take(id);
    make_ahead_soon();
    if (auto* none = std::get_if<Launching::NoPlace>(&place)) {
        uses_.telling.complain(none->error);
        return never_launched(id, none->failure);
    }
    const auto launched = launching_.launch(id, std::get<Launching::Place>(std::move(place)),
                                            uses_.link, given, worker);
    if (!launched) {
        uses_.telling.complain(launched.error());
        never_launched(id, {"keeper", launched.error().code});
    }
}

void Launches::launch_spare(const slots::Launch& action) {
    LiveWorker& worker = uses_.workers.at(action.worker);
    const auto born = births_.prepare(action.worker, worker);
    if (!born) {
        uses_.telling.complain(born.error());
        return never_launched(action.worker, {"spare", born.error().code});
    }
    launch_into(action.worker,
                {.listener = born->listener.get(),
                 .channel = born->channel,
                 .keeps = static_cast<bool>(worker.kept.wake),
                 .resting = slots::Resting::ended, // until it has a slot: see let_take()
                 .birth = worker.birth->listener},
                worker);
}

void Launches::let_take(const slots::Launch& action, LiveWorker& worker) {
    if (worker.kept.wake) { // before it has the channel of the slot
        write_order(*worker.page, action.resting);
        worker.kept.takes = action.resting == slots::Resting::allowed;
    }
    births_.give_slot(action.worker, worker);
    tell_started(action.worker, worker, uses_.loop.now() - worker.launched_at);
}

void Launches::never_launched(WorkerId id, FailedStep failure) {
    if (LiveWorker* worker = find_in(uses_.workers, id)) {
        worker->life = NeverStarted{.failure = std::move(failure)};
        uses_.learn.learn(slots::WorkerExited{id, slots::Ending::never_started});
    }
}

void Launches::launched(WorkerId id, LiveWorker& worker, Duration took) {
    if (id.slot == k_spare_slot) {
        return; // it serves nobody, and has a recorder or is no spare
    }
    launching_.counting().begin(id, worker, uses_.link);
    tell_started(id, worker, took);
}

void Launches::tell_started(WorkerId id, const LiveWorker& worker, Duration took) {
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
    if (worker.birth) {
        return; // it has a recorder
    }
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
