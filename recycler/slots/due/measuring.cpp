// SPDX-License-Identifier: MIT
// What samples show: when to look next, which trigger has come, what a retired worker has taught.
#include "recycler/slots/decider.hpp"

#include "recycler/slots/due/ahead.hpp"
#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/table.hpp"

namespace recycler::slots {

namespace {

// What it had, as far as can be told, when it had served the first requests: what they load looks
// like a leak until then.
Bytes when_warm(const triggers::Trend& trend, Bytes baseline) {
    const auto growth = trend.growth_per_request();
    return growth ? std::min(trend.last()->bloat, baseline + Bytes{growth->count * k_warm})
                  : baseline;
}

// What a worker needs until it is warm. As long as none of those that are there has shown that,
// those that were `before` know better.
std::uint64_t start_cost(const std::vector<Slot>& slots, std::uint64_t before) {
    Bytes need;
    bool known = false;
    for (const Slot& slot : slots) {
        if (const Worker* worker = worker_of(slot.front)) {
            need = std::max(need, worker->need);
            known = known || worker->trend.growth_per_request();
        }
    }
    return known ? need.count : std::max(need.count, before);
}

} // namespace

void Decider::sample(Worker& worker) {
    if (worker.ready_at && now_ >= worker.sample_at - worker.sample_slack) {
        act(TakeSample{worker.id});
        // Until the answer says better; a controller that cannot read is asked again.
        worker.sample_at = now_ + triggers::k_sample_idle;
        worker.sample_slack = Duration::zero();
    }
}

void Decider::take_in(Worker& worker, const triggers::Sample& sample) {
    const bool first = !worker.last && worker.ready_at && now_ - *worker.ready_at <= k_just_ready;
    worker.last = sample;
    worker.trend.add(sample);
    if (first) {
        worker.baseline = sample.bloat;
        worker.fresh = sample.bloat;
        // Of what it had at most while it started, the page cache that is still there was cache.
        worker.need = std::max(sample.bloat, sample.peak - (sample.current - sample.bloat));
    } else if (const auto baseline = baseline_of(worker.trend)) {
        worker.baseline = baseline;
        worker.need = std::max(worker.need, when_warm(worker.trend, *baseline));
    }
    learned_.start_cost = start_cost(slots_, learned_.start_cost);
}

triggers::Facts Decider::facts_of(const Worker& worker, const WorkerSampled& seen) const {
    return {.policy = policy_,
            .seen = seen,
            .trend = worker.trend,
            .age = now_ - worker.launched_at,
            .workers = slots_.size()};
}

// From the sample of the slot's front to the next one.
Duration Decider::next_look(const Slot& slot, triggers::Facts facts) const {
    const Worker& worker = *worker_of(slot.front);
    facts.memory_limit = memory_limit(worker);
    Duration next = std::min(look_for_growth(worker), Traffic::next_look(slot, slots_));
    next = std::min(next, triggers::next_look<triggers::Reason::useless>(facts).value_or(next));
    next = std::min(next, triggers::next_look<triggers::Reason::measured>(facts).value_or(next));
    if (worker.lives_on && !worker.lives_on->ceiling()) {
        next = std::min(next, std::max(Duration(learned_.start) / 8, triggers::k_sample_near));
    }
    return next;
}

void Decider::on(const WorkerSampled& event) {
    spares_.sampled(event, spare_rules());
    Slot* slot = find(event.worker.slot);
    if (slot != nullptr && slot->retiring && slot->retiring->worker.id == event.worker) {
        retiring_sampled(*slot->retiring, event);
        return;
    }
    Worker* worker = slot == nullptr ? nullptr : worker_of(slot->front);
    if (worker == nullptr || worker->id != event.worker) {
        return;
    }
    traffic_.looked(*slot, *worker, event.sample.accepts, policy_.capacity.settle, now_, slots_);
    take_in(*worker, event.sample);
    const triggers::Facts facts = facts_of(*worker, event);
    worker->full_at = triggers::requests_full_at(facts);
    const Duration next = next_look(*slot, facts);
    worker->sample_at = now_ + next;
    worker->until_look = next;
    worker->sample_slack = next >= triggers::k_sample_busy ? k_sample_slack : Duration::zero();
    const auto useless = triggers::first_due<triggers::Reason::useless>(facts);
    if (!useless && slot->due &&
        triggers::reason_of(slot->due->trigger) == triggers::Reason::useless) {
        slot->due.reset(); // it came to an end after all
    }
    judge(*slot, *worker, facts);
    if (useless) {
        end_at_once(*slot, *useless);
    }
}

// Who would pass recycle.requests while others and its own successor start is due now. Where each
// worker is parked before the next one starts, it serves nobody meanwhile.
void Decider::go_ahead() {
    const bool serves_on = policy_.capacity.handover == policies::HandoverMode::overlap ||
                           policy_.capacity.handover == policies::HandoverMode::automatic;
    if (!policy_.recycle.requests || learned_.start <= 0 || !serves_on ||
        machine_.dry_run == DryRun::on) {
        return;
    }
    std::vector<std::pair<Duration, Slot*>> nearing;
    Starts starts{.each = Duration(learned_.start),
                  .at_once = max_unavailable(policy_.capacity, slots_.size())};
    for (Slot& slot : slots_) {
        const auto* serving = std::get_if<Serving>(&slot.front);
        const bool rests = serving != nullptr && !slot.successor && !slot.due;
        starts.under_way += !rests && slot.wanted == Wanted::in ? 1 : 0;
        if (rests && slot.wanted == Wanted::in && serving->worker.full_at) {
            nearing.emplace_back(*serving->worker.full_at - now_, &slot);
        }
    }
    keep_who_must_begin(nearing, starts);
    for (const auto& [when, slot] : nearing) {
        set_due(*slot, Trigger::requests);
    }
}

void Decider::judge(Slot& slot, Worker& worker, triggers::Facts facts) {
    if (!std::holds_alternative<Serving>(slot.front)) {
        return;
    }
    slot.brake.served(now_, *worker.ready_at, policy_.restart);
    // As long as the facts have no limit of memory, any other one.
    if (triggers::first_due<triggers::Reason::measured>(facts)) {
        worker.lives_on.reset(); // its time is over, whatever it has shown
        worker.fresh.reset();    // and is not prolonged
    }
    facts.memory_limit = judge_memory(worker);
    if (const auto trigger = triggers::first_due<triggers::Reason::measured>(facts)) {
        set_due(slot, *trigger);
    }
}

} // namespace recycler::slots
