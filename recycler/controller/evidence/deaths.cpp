// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/deaths.hpp"

#include "recycler/controller/evidence/end_record.hpp"
#include "recycler/controller/start/deposit_keys.hpp"

#include <utility>

namespace recycler::controller {

namespace {

// A libfcgi worker is up within this; no record is the worse for being written so much later.
constexpr Duration k_record_waits = std::chrono::milliseconds(5);
constexpr Duration k_records_of_a_turn = std::chrono::milliseconds(20);

} // namespace

Deaths::Deaths(Uses uses)
    : uses_(uses), late_({.loop = uses.loop,
                          .workers = uses.workers,
                          .policy = uses.policy,
                          .account = uses.account,
                          .event_log = uses.event_log},
                         [this] { look_again(); }),
      clearing_(uses.loop, uses.workers, [this](const auto& recorded, const auto& result) {
          cleared(recorded, result);
          next_.arm(uses_.loop.now()); // the turn in which it is counted, for all of this moment
      }) {}

Result<void> Deaths::add_sources() {
    auto next = uses_.loop.add_timer([this] { record_next(); }, systemd::Priority::last);
    if (!next) {
        return std::move(next).error();
    }
    next_ = std::move(*next);
    return {};
}

// The dead can wait, the requests in their queue cannot: the replacement has the machine to itself
// until it is up.
void Deaths::carry_out(const slots::RecordEnd& action) {
    if (pending_.next.empty()) {
        next_.arm(uses_.loop.now() + k_record_waits);
    }
    pending_.next.push_back(action);
}

// As many as a turn has time for: who asks for anything, and the keeper's watchdog, come in
// between.
void Deaths::record_next() {
    uses_.watching.note_signals();
    auto pending = std::exchange(pending_.next, {});
    auto pending_end = pending.begin();
    for (; pending_end != pending.end(); ++pending_end) {
        if (pending_end != pending.begin() && uses_.loop.taken() >= k_records_of_a_turn) {
            break;
        }
        LiveWorker* worker = find_in(uses_.workers, pending_end->worker);
        if (worker == nullptr || late_.is_in(pending_end->worker, *worker)) {
            record_end(*pending_end);
        } else {
            pending_.waiting.push_back(*pending_end);
        }
    }
    if (pending_end != pending.end()) {
        pending_.next.insert(pending_.next.begin(), pending_end, pending.end());
        next_.arm(uses_.loop.now());
    }
    uses_.learn.take_turn();
}

void Deaths::look_again() {
    pending_.look_again();
    next_.arm(uses_.loop.now());
}

void Deaths::record_end(const slots::RecordEnd& order) {
    LiveWorker* worker = find_in(uses_.workers, order.worker);
    if (worker == nullptr) {
        uses_.learn.learn(slots::EndRecorded{.worker = order.worker});
        return;
    }
    uses_.watching.follow_to_end(order.worker, *worker); // its last lines stand before its end
    const control::Record record = record_of(order, *worker);
    const auto verdict = death::verdict_named(record.verdict).value_or(death::Verdict::unknown);
    const slots::EndRecorded recorded{order.worker, record.requests.value_or(0),
                                      static_cast<std::uint8_t>(verdict)};
    if (const auto done = clearing_.clear(recorded)) {
        cleared(recorded, *done);
    }
}

// Judged and kept now, unless the controller before was killed between the record and the count.
// What it saw holds: part of the evidence may have been cleared away since.
control::Record Deaths::record_of(const slots::RecordEnd& order, LiveWorker& worker) {
    const std::string slot = uses_.slots.name(order.worker.slot);
    if (ended_while_away(worker)) {
        if (auto record = uses_.event_log.recorded(slot, order.worker.generation)) {
            return std::move(*record);
        }
    }
    control::Record record = examine({.order = order,
                                      .slot = slot,
                                      .worker = worker,
                                      .policy = uses_.policy,
                                      .app_ooms = uses_.containment.app_ooms(),
                                      .why_no_sender = uses_.watching.why_no_sender(worker),
                                      .kernel = late_.kernel(),
                                      .now = uses_.loop.wall_now(),
                                      .mono_now = uses_.loop.now()});
    uses_.blaming.take_last(worker, record);
    uses_.event_log.record(record);
    return record;
}

void Deaths::cleared(const slots::EndRecorded& recorded, const Result<void>& result) {
    if (!result) {
        uses_.telling.complain(
            Error(result.error()).within("clear away " + uses_.slots.name(recorded.worker)));
    }
    uses_.learn.learn(recorded);
}

void Deaths::carry_out(const slots::Forget& action) {
    const auto id = action.worker;
    const auto forgotten = uses_.link.forget(id);
    auto dropped = uses_.link.withdraw(key_of_oom_watch(id));
    if (const LiveWorker* worker = find_in(uses_.workers, id);
        dropped && worker && worker->kept.wake) {
        dropped = uses_.link.withdraw(key_of_wake(id));
    }
    if (const LiveWorker* worker = find_in(uses_.workers, id); dropped && worker && worker->birth) {
        dropped = uses_.link.withdraw(key_of_birth(id));
    }
    uses_.workers.erase(id);
    if (!forgotten || !dropped) {
        uses_.telling.complain(forgotten ? dropped.error() : forgotten.error());
    }
}

} // namespace recycler::controller
