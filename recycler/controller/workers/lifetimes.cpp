// SPDX-License-Identifier: MIT
// From a worker's launch to its record, as far as the decider orders it.
#include "recycler/controller/controller.hpp"
#include "recycler/controller/evidence/end_record.hpp"
#include "recycler/controller/policy/listen_spec.hpp"
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener_state.hpp"

#include <cerrno>
#include <utility>

namespace recycler::controller {

namespace {

// A libfcgi worker is up within this; no record is the worse for being written so much later.
constexpr Duration k_record_waits = std::chrono::milliseconds(5);
constexpr Duration k_records_of_a_turn = std::chrono::milliseconds(20);

} // namespace

void Controller::carry_out(const slots::Launch& action) {
    LiveWorker& worker = workers_[action.worker];
    worker.listener = action.listener;
    worker.launched_at = loop_.now();
    worker.memory_max = parts_.policy.memory.max;
    worker.pids_max = parts_.policy.limits.pids;
    worker.files_max = parts_.policy.limits.nofile;
    const int listener = parts_.slots.fd(action.listener);
    if (listener < 0) {
        return never_launched(action.worker,
                              {"listener", parts_.slots.why_not_open(action.listener)});
    }
    if (const auto amiss = look_at(action.listener)) {
        learn(*amiss);
    } else if (const auto as_new = worker::make_as_new(
                   listen_spec(parts_.policy, parts_.socket_owner,
                               parts_.slots.address(action.listener.slot), action.listener.serial),
                   listener);
               !as_new) {
        complain(as_new.error());
    }
    auto place = places_.take(action.worker);
    sources_.make_ahead.arm(loop_.now() + k_ahead_waits);
    if (auto* none = std::get_if<Launching::NoPlace>(&place)) {
        complain(none->error);
        return never_launched(action.worker, none->failure);
    }
    const auto launched = parts_.launching.launch(
        action.worker, std::get<Launching::Place>(std::move(place)), parts_.link, listener, worker);
    if (!launched) {
        complain(launched.error());
        return never_launched(action.worker, {"keeper", launched.error().code});
    }
    const auto hidden = worker::is_hidden(parts_.slots.address(action.listener.slot), listener);
    if (hidden && *hidden) {
        worker.page->let_go(); // of what waits in its queue; until the gate opens
    }
}

void Controller::never_launched(WorkerId id, FailedStep failure) {
    if (LiveWorker* worker = find(id)) {
        worker->failure = std::move(failure);
        learn(slots::WorkerExited{id, slots::Ending::never_started});
    }
}

// In a quiet moment: the place of the worker that will come next in some slot.
void Controller::make_one_ahead() {
    std::set<WorkerId> wanted;
    for (const slots::Slot& slot : decider_.slots()) {
        if (slot.wanted != slots::Wanted::gone) {
            wanted.insert({slot.id, slot.next_generation});
        }
    }
    if (places_.make_one_of(wanted) == Places::Rest::more_to_make) {
        sources_.make_ahead.arm(loop_.now() + k_ahead_waits);
    }
}

// The dead can wait, the requests in their queue cannot: the replacement has the machine to itself
// until it is up.
void Controller::carry_out(const slots::RecordEnd& action) {
    if (pending_.next.empty()) {
        sources_.end_record.arm(loop_.now() + k_record_waits);
    }
    pending_.next.push_back(action);
}

// As many as a turn has time for: who asks for anything, and the keeper's watchdog, come in
// between.
void Controller::record_ends() {
    (void)parts_.signals.note(workers_, parts_.keeper_pid);
    auto pending = std::exchange(pending_.next, {});
    auto pending_end = pending.begin();
    for (; pending_end != pending.end(); ++pending_end) {
        if (pending_end != pending.begin() && loop_.taken() >= k_records_of_a_turn) {
            break;
        }
        LiveWorker* worker = find(pending_end->worker);
        if (worker == nullptr || evidence_.is_in(pending_end->worker, *worker)) {
            record_end(*pending_end);
        } else {
            pending_.waiting.push_back(*pending_end);
        }
    }
    if (pending_end != pending.end()) {
        pending_.next.insert(pending_.next.begin(), pending_end, pending.end());
        sources_.end_record.arm(loop_.now());
    }
    run_turn({});
}

// Called when a piece of evidence has come that took its time.
void Controller::look_at_pending() {
    pending_.look_again();
    sources_.end_record.arm(loop_.now());
}

void Controller::record_end(const slots::RecordEnd& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        learn(slots::EndRecorded{.worker = action.worker});
        return;
    }
    const std::string slot = parts_.slots.name(action.worker.slot);
    if (parts_.output) { // its last lines stand before its end
        parts_.output->follow_to_end(output_of(action.worker, *worker, slot));
    }
    if (worker->ended_while_away) {
        if (const auto record = parts_.event_log.recorded(slot, action.worker.generation)) {
            // The controller before was killed between the record and the count. What it saw holds:
            // part of the evidence may have been cleared away since.
            finish_record(action.worker, *record);
            return;
        }
    }
    const EndRecord end_record = examine({.order = action,
                                          .slot = slot,
                                          .worker = *worker,
                                          .policy = parts_.policy,
                                          .app_ooms = parts_.containment.app_ooms(),
                                          .why_no_sender = parts_.signals.why_not(*worker),
                                          .kernel = evidence_.kernel(),
                                          .now = loop_.wall_now(),
                                          .mono_now = loop_.now()});
    parts_.blaming.take_last(*worker, end_record.record);
    parts_.event_log.record(end_record.record);
    finish_record(action.worker, end_record.record);
}

void Controller::finish_record(WorkerId id, const control::Record& record) {
    const auto verdict = death::verdict_named(record.verdict).value_or(death::Verdict::unknown);
    clearing_.clear({id, record.requests.value_or(0), static_cast<std::uint8_t>(verdict)});
}

void Controller::carry_out(const slots::Forget& action) {
    const auto id = action.worker;
    const auto forgotten = parts_.link.forget(id);
    const auto dropped = parts_.link.withdraw(key_of_oom_watch(id));
    workers_.erase(id);
    if (!forgotten || !dropped) {
        complain(forgotten ? dropped.error() : forgotten.error());
    }
}

} // namespace recycler::controller
