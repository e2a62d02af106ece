// SPDX-License-Identifier: MIT
#include "recycler/controller/news.hpp"

#include "recycler/controller/act/remedy.hpp"
#include "recycler/controller/evidence/circumstances.hpp"
#include "recycler/controller/evidence/requests_at_end.hpp"
#include "recycler/events/log.hpp"
#include "recycler/slots/failing/ending.hpp"

#include <cerrno>
#include <csignal>
#include <utility>

namespace recycler::controller {

namespace {

slots::EndSeen seen_of(const LiveWorker& worker, const keeper::Exit& exit) {
    slots::EndSeen seen{.seen_ready = worker.ready_at.has_value(),
                        .lived = exit.at - worker.launched_at};
    if (const auto page = page_of(worker)) {
        seen.served = page->served;
        seen.exited_idle = exit.code == CLD_EXITED && exit.status == 0 &&
                           !ended_within_a_request(worker, *page, exit) &&
                           !ended_for_want(worker, exit.at, page->served);
    }
    return seen;
}

// Whether it had answered a request, and if so, whether it left by itself between two of them. Its
// record is to say the same, so one that was ready between two looks is noted to have been.
slots::Ending note_ending(LiveWorker& worker, const keeper::Exit& exit,
                          bool serves_the_rest = false) {
    slots::EndSeen seen = seen_of(worker, exit);
    seen.unwatched = serves_the_rest;
    if (!worker.ready_at && slots::had_been_ready(seen)) {
        worker.ready_at = exit.at;
    }
    return slots::ending_of(seen);
}

// As its page says, which is its own word; 0: nobody counted.
std::uint64_t served_until_its_end(const LiveWorker& worker) {
    const auto page = page_of(worker);
    return page ? page->served : 0;
}

// Its launch was ordered and not answered.
bool has_no_news(const LiveWorker& worker) {
    return worker.pid == 0 && std::holds_alternative<Ordered>(worker.life);
}

std::string what_was_asked(keeper::Type order) {
    return order == keeper::Type::deposit
               ? "give recyclerd a descriptor to keep for the controller after this one"
               : "hand an order to recyclerd (" + std::to_string(static_cast<int>(order)) + ")";
}

} // namespace

void News::take(keeper::News& news) {
    std::visit([this](auto& told) { on(told); }, news);
}

void News::on(keeper::WorkerLaunched& news) {
    LiveWorker* worker = find_in(uses_.workers, news.id);
    if (worker == nullptr) {
        return;
    }
    worker->pid = news.pid;
    worker->pidfd = std::move(news.pidfd);
    if (std::holds_alternative<Ordered>(worker->life)) {
        worker->life = Running{.execed_at = news.execed_at};
    }
    uses_.launches.launched(news.id, *worker, news.execed_at - worker->launched_at);
    uses_.processes.catch_up(news.id, *worker);
}

void News::on(keeper::WorkerLaunchFailed& news) {
    never_launched(news.id, {worker::to_string(news.step), news.error});
}

void News::on(keeper::WorkerExited& news) {
    if (LiveWorker* worker = find_in(uses_.workers, news.id)) {
        worker->pid = news.pid;
        worker->life = Ended{.exit = news.exit};
        worker->notes.memory = uses_.containment.memory_seen(); // before others' end shows in it
        const slots::Slot* slot = uses_.decider.find(news.id.slot);
        const bool serves_the_rest =
            slot != nullptr && slot->retiring && slot->retiring->worker.id == news.id;
        uses_.learn.tell(slots::WorkerExited{
            news.id, note_ending(*worker, news.exit, serves_the_rest),
            uses_.listeners.look_at(worker->listener), served_until_its_end(*worker)});
    }
}

void News::on(keeper::SignalArrived& news) {
    if (news.signal == SIGHUP) {
        (void)uses_.changes.reload(Asker::signal); // told to the log, where whoever sent it looks
        return;
    }
    if (std::exchange(stop_repeats_, false)) {
        return; // the keeper tells it to each controller, since one may die in the middle of
                // stopping
    }
    events::log::say(events::log::Level::info, "signal " + std::to_string(news.signal) +
                                                   ": draining all workers and stopping");
    uses_.learn.tell(slots::StopRequested{});
}

void News::on(keeper::ThreadFilesArrived& news) {
    if (news.which != keeper::ThreadFile::stack) {
        uses_.launches.counters_arrived(news);
    } else if (LiveWorker* worker = find_in(uses_.workers, news.id)) {
        worker->notes.stacks.take(std::move(news), uses_.link);
    }
}

void News::on(keeper::OrderRejected& news) {
    const Error why{news.error, what_was_asked(news.order)};
    if (news.order == keeper::Type::launch) {
        never_launched(news.worker, {news.error == EMFILE ? "descriptors" : "keeper", news.error});
    } else if (news.order == keeper::Type::take_slot) {
        never_launched(news.worker, {"keeper", news.error});
    } else if (news.order == keeper::Type::forget && news.error == ENOENT) {
        refused_to_forget(news.worker);
    } else if (news.key && news.key->kind == keeper::DepositKind::listener) {
        uses_.listeners.failed(
            slots::ListenerOrder::open, {{news.key->slot}, news.key->serial},
            {news.error, "give a second listener to recyclerd, which outlives us"});
        uses_.learn.take_turn();
    } else if (news.order == keeper::Type::route) {
        uses_.telling.complain({0, with_remedy(why)});
        uses_.learn.tell(slots::ListenerFailed{
            slots::ListenerOrder::route, {news.worker.slot, 0}, why.message()});
    } else if (news.order == keeper::Type::hello && news.error == EBADMSG) {
        look_for_lost_launches();
    } else if (news.order != keeper::Type::forget || news.error != EBUSY) {
        uses_.telling.complain({0, with_remedy(why)});
    }
}

void News::never_launched(WorkerId id, FailedStep failure) {
    uses_.launches.never_launched(id, std::move(failure));
    uses_.learn.take_turn();
}

// It does not know one that was never launched: one that is forgotten already here, or one of
// those below.
void News::refused_to_forget(WorkerId id) {
    if (const LiveWorker* worker = find_in(uses_.workers, id); worker && has_no_news(*worker)) {
        never_launched(id, {"descriptors", EMFILE});
    }
}

// An earlier keeper that has no descriptors left does not tell whose launch it could not read. It
// tells for each whether it knows it, and forgets none that lives.
void News::look_for_lost_launches() {
    for (const auto& [id, worker] : uses_.workers) {
        if (has_no_news(worker)) {
            (void)uses_.link.forget(id); // fails only when the keeper is gone
        }
    }
}

void News::on(keeper::KeeperGone&) {
    uses_.departure.keeper_gone();
}

// A worker of the controller before.
void News::hold(keeper::HeldWorker held) {
    LiveWorker& worker = uses_.workers[held.id];
    worker.launched_at = held.launched_at;
    worker.pid = held.pid;
    worker.pidfd = std::move(held.pidfd);
    worker.ring = std::move(held.ring);
    if (auto page = recorder::PageFile::attach(std::move(held.page))) {
        worker.page = std::move(*page);
    }
    if (auto group = uses_.containment.reopen(uses_.slots.group_name(
            held.id, worker.birth ? std::optional(worker.birth->spare) : std::nullopt))) {
        worker.group = std::move(*group);
    }
    const auto limits = worker.group ? worker.group->limits() : Result(cgroups::Limits{});
    worker.born_under.memory_max = limits ? limits->memory_max : uses_.policy.memory.max;
    worker.born_under.pids_max = limits ? limits->pids_max : uses_.policy.limits.pids;
    worker.born_under.files_max = uses_.policy.limits.nofile;
    worker.notes.life_seen_from = uses_.loop.now() - held.launched_at;
    if (const auto page = page_of(worker); page && page->came_to_accept) {
        worker.ready_at = held.launched_at;
    }
    if (const auto* failed = std::get_if<keeper::Failed>(&held.state)) {
        worker.life = NeverStarted{.failure = {worker::to_string(failed->step), failed->error},
                                   .while_away = true};
        uses_.learn.learn(slots::WorkerExited{held.id, slots::Ending::never_started});
    } else if (const auto* gone = std::get_if<keeper::Ended>(&held.state)) {
        worker.life = Ended{.exit = gone->exit, .while_away = true};
        uses_.learn.learn(slots::WorkerExited{
            held.id, note_ending(worker, gone->exit), {}, served_until_its_end(worker)});
    } else if (const auto* running = std::get_if<keeper::Running>(&held.state)) {
        worker.life = Running{.execed_at = running->execed_at};
    }
}

} // namespace recycler::controller
