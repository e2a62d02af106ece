// SPDX-License-Identifier: MIT
// What the keeper tells, as facts for the decider.
#include "recycler/controller/controller.hpp"

#include "recycler/controller/act/remedy.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/events/log.hpp"
#include "recycler/slots/failing/ending.hpp"

#include <cerrno>
#include <csignal>
#include <sysexits.h>
#include <utility>

namespace recycler::controller {

namespace {

slots::EndSeen seen_of(const LiveWorker& worker, const keeper::Exit& exit) {
    slots::EndSeen seen{.seen_ready = worker.ready_at.has_value(),
                        .lived = exit.at - worker.launched_at};
    if (const auto page = page_of(worker)) {
        seen.served = page->served;
        seen.exited_idle = exit.code == CLD_EXITED && exit.status == 0 &&
                           activity_at_end(worker, *page, exit.at).in_flight == 0;
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
    return worker.pid == 0 && !worker.failure && !worker.exit;
}

std::string what_was_asked(keeper::Type order) {
    return order == keeper::Type::deposit
               ? "give recyclerd a descriptor to keep for the controller after this one"
               : "hand an order to recyclerd (" + std::to_string(static_cast<int>(order)) + ")";
}

} // namespace

void Controller::read_news() {
    // As many as there are now: a flood of deaths must not starve the timer for long, and level
    // triggering brings us back.
    for (int count = 0; count < 64 && !keeper_gone_; ++count) {
        auto news = parts_.link.receive();
        if (!news) {
            complain(news.error());
            return;
        }
        if (std::holds_alternative<keeper::NothingYet>(*news)) {
            return;
        }
        std::visit([this](auto& told) { on(told); }, *news);
    }
}

void Controller::on(keeper::WorkerLaunched& news) {
    LiveWorker* worker = find(news.id);
    if (worker == nullptr) {
        return;
    }
    worker->pid = news.pid;
    worker->pidfd = std::move(news.pidfd);
    worker->execed_at = news.execed_at;
    parts_.launching.counting().begin(*worker);
    announce({.at = loop_.wall_now(),
              .event = control::name_of(EventName::started),
              .slot = parts_.slots.name(news.id.slot),
              .generation = news.id.generation,
              .members = {{"pid", std::int64_t{news.pid}},
                          {"address", policies::to_string(parts_.slots.address(news.id.slot))},
                          {"exec_us",
                           std::int64_t{(news.execed_at - worker->launched_at).count() / 1000}}}});
    // What was ordered before there was a process to signal.
    if (worker->sent.kill) {
        carry_out(slots::KillWorker{news.id});
    } else if (worker->sent.stop) {
        carry_out(slots::StopWorker{news.id});
    }
}

void Controller::on(keeper::WorkerLaunchFailed& news) {
    never_launched(news.id, {worker::to_string(news.step), news.error});
    run_turn({});
}

void Controller::on(keeper::WorkerExited& news) {
    if (LiveWorker* worker = find(news.id)) {
        worker->pid = news.pid;
        worker->exit = news.exit;
        worker->notes.memory = parts_.containment.memory_seen(); // before others' end shows in it
        const slots::Slot* slot = std::as_const(decider_).find(news.id.slot);
        const bool serves_the_rest =
            slot != nullptr && slot->retiring && slot->retiring->worker.id == news.id;
        tell(slots::WorkerExited{news.id, note_ending(*worker, news.exit, serves_the_rest),
                                 look_at(worker->listener), served_until_its_end(*worker)});
    }
}

void Controller::on(keeper::SignalArrived& news) {
    if (news.signal == SIGHUP) {
        (void)reload(Asker::signal); // told to the log, where whoever sent it looks
        return;
    }
    if (std::exchange(stop_repeats_, false)) {
        return; // the keeper tells it to each controller, since one may die in the middle of
                // stopping
    }
    events::log::say(events::log::Level::info, "signal " + std::to_string(news.signal) +
                                                   ": draining all workers and stopping");
    tell(slots::StopRequested{});
}

void Controller::on(keeper::PingArrived&) {
    if (const auto sent = parts_.link.pong(); !sent) {
        complain(sent.error());
    }
}

void Controller::on(keeper::OrderRejected& news) {
    const Error why{news.error, what_was_asked(news.order)};
    if (news.order == keeper::Type::launch) {
        never_launched(news.worker, {news.error == EMFILE ? "descriptors" : "keeper", news.error});
        run_turn({});
    } else if (news.order == keeper::Type::forget && news.error == ENOENT) {
        // It does not know one that was never launched: one that is forgotten already here, or
        // one of those below.
        if (const LiveWorker* worker = find(news.worker); worker && has_no_news(*worker)) {
            never_launched(news.worker, {"descriptors", EMFILE});
            run_turn({});
        }
    } else if (news.key && news.key->kind == keeper::DepositKind::listener) {
        failed(slots::ListenerOrder::open, {{news.key->slot}, news.key->serial},
               {news.error, "give a second listener to recyclerd, which outlives us"});
        run_turn({});
    } else if (news.order == keeper::Type::hello && news.error == EBADMSG) {
        // An earlier keeper that has no descriptors left does not tell whose launch it could not
        // read. It tells for each whether it knows it, and forgets none that lives.
        for (const auto& [id, worker] : workers_) {
            if (has_no_news(worker)) {
                (void)parts_.link.forget(id); // fails only when the keeper is gone
            }
        }
    } else if (news.order != keeper::Type::forget || news.error != EBUSY) {
        complain({0, with_remedy(why)});
    }
}

void Controller::on(keeper::KeeperGone&) {
    // The kernel has killed the workers with it; their children, and the cgroups, are ours to end.
    keeper_gone_ = true;
    events::log::say(events::log::Level::critical,
                     "the keeper has ended: ending what is left of the workers");
    parts_.containment.sweep({});
    parts_.containment.remove();
    loop_.exit(EX_OSERR);
}

// A worker of the controller before.
void Controller::hold(keeper::HeldWorker held) {
    LiveWorker& worker = workers_[held.id];
    worker.launched_at = held.launched_at;
    worker.pid = held.pid;
    worker.pidfd = std::move(held.pidfd);
    worker.ring = std::move(held.ring);
    if (auto page = recorder::PageFile::attach(std::move(held.page))) {
        worker.page = std::move(*page);
    }
    if (auto group = parts_.containment.reopen(parts_.slots.name(held.id))) {
        worker.group = std::move(*group);
    }
    const auto limits = worker.group ? worker.group->limits() : Result(cgroups::Limits{});
    worker.memory_max = limits ? limits->memory_max : parts_.policy.memory.max;
    worker.pids_max = limits ? limits->pids_max : parts_.policy.limits.pids;
    worker.files_max = parts_.policy.limits.nofile;
    worker.notes.life_seen_from = loop_.now() - held.launched_at;
    if (const auto page = page_of(worker); page && page->came_to_accept) {
        worker.ready_at = held.launched_at;
    }
    if (const auto* failed = std::get_if<keeper::Failed>(&held.state)) {
        worker.ended_while_away = true;
        worker.failure = FailedStep{worker::to_string(failed->step), failed->error};
        learn(slots::WorkerExited{held.id, slots::Ending::never_started});
    } else if (const auto* gone = std::get_if<keeper::Ended>(&held.state)) {
        worker.ended_while_away = true;
        worker.exit = gone->exit;
        learn(slots::WorkerExited{
            held.id, note_ending(worker, gone->exit), {}, served_until_its_end(worker)});
    } else if (const auto* running = std::get_if<keeper::Running>(&held.state)) {
        worker.execed_at = running->execed_at;
    }
}

} // namespace recycler::controller
