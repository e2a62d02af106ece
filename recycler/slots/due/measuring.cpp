// SPDX-License-Identifier: MIT
// What samples show: when to look next, which trigger has come, what a retired worker has taught.
#include "recycler/slots/decider.hpp"

#include "recycler/slots/due/ahead.hpp"
#include "recycler/slots/due/useless.hpp"
#include "recycler/triggers/age.hpp"
#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/requests.hpp"
#include "recycler/triggers/spread.hpp"

namespace recycler::slots {

namespace {

// What this worker has drawn of the policy's limits; none where a trigger is off.
std::optional<std::uint64_t> requests_drawn(const policies::Recycle& recycle, WorkerId id) {
    return recycle.requests ? std::optional(triggers::spread_requests(
                                  *recycle.requests, recycle.spread, triggers::seed_of(id)))
                            : std::nullopt;
}

std::optional<Duration> age_drawn(const policies::Recycle& recycle, WorkerId id) {
    return recycle.age ? std::optional(triggers::spread_age(*recycle.age, recycle.spread,
                                                            triggers::seed_of(id)))
                       : std::nullopt;
}

// When it reaches its limit, if it may be retired ahead of that. One that serves nobody stays at
// what it has.
std::optional<MonoTime> when_full(const Worker& worker, std::optional<std::uint64_t> limit) {
    const auto left = triggers::requests_predicted(limit, worker.trend);
    return left && worker.trend.pace().value_or(0) > 0 &&
                   triggers::may_go_ahead(limit, worker.last->served)
               ? std::optional(worker.last->at + *left)
               : std::nullopt;
}

// What it had, as far as can be told, when it had served the first requests: what they load looks
// like a leak until then.
Bytes when_warm(const triggers::Trend& trend, Bytes baseline) {
    const auto growth = trend.growth_per_request();
    return growth ? std::min(trend.last()->bloat, baseline + Bytes{growth->count * k_warm})
                  : baseline;
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

// As long as none of those that are there has shown what it needs when it is warm, those that were
// before know better.
void Decider::learn_need() {
    Bytes need;
    bool known = false;
    for (const Slot& slot : slots_) {
        if (const Worker* worker = worker_of(slot.front)) {
            need = std::max(need, worker->need);
            known = known || worker->trend.growth_per_request();
        }
    }
    learned_.start_cost = known ? need.count : std::max(need.count, learned_.start_cost);
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
    learn_need();
}

// From the sample of `event`, of the slot's front, to the next one.
Duration Decider::next_look(const Slot& slot, const WorkerSampled& event) const {
    const Worker& worker = *worker_of(slot.front);
    policies::Recycle recycle = policy_.recycle;
    recycle.memory = memory_limit(worker);
    Duration next = std::min(triggers::next_sample(worker.trend, recycle, policy_.memory),
                             look_for_growth(worker));
    if (const auto limit = requests_drawn(policy_.recycle, worker.id)) {
        const std::uint64_t served = event.sample.served;
        if (const auto due = triggers::requests_predicted(limit, worker.trend)) {
            next = std::min(next, triggers::sample_before(*due));
        } else if (served < *limit) { // the rate is to be known first
            const Duration onset = triggers::sample_at_onset(*limit - served, slots_.size());
            const bool idles = worker.trend.pace().has_value();
            next = std::min(next, idles ? std::max(onset, triggers::k_sample_busy)
                                        : std::min(onset, triggers::k_sample_idle_near));
        }
    }
    if (const auto limit = age_drawn(policy_.recycle, worker.id)) {
        // One that is due already and waits is looked at for its other triggers.
        const auto due = triggers::age_predicted(limit, now_ - worker.launched_at);
        next = *due > Duration::zero() ? std::min(next, *due) : next;
    }
    if (const auto due = until_useless(policy_.recycle, event)) {
        next = std::min(next, std::max(*due, triggers::k_sample_near));
    }
    if (worker.lives_on && !worker.lives_on->ceiling()) {
        next = std::min(next, std::max(Duration(learned_.start) / 8, triggers::k_sample_near));
    }
    return std::min(next, Traffic::next_look(slot, slots_));
}

void Decider::on(const WorkerSampled& event) {
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
    worker->full_at = when_full(*worker, requests_drawn(policy_.recycle, worker->id));
    const Duration next = next_look(*slot, event);
    worker->sample_at = now_ + next;
    worker->until_look = next;
    worker->sample_slack = next >= triggers::k_sample_busy ? k_sample_slack : Duration::zero();
    const auto useless = why_useless(policy_.recycle, event);
    const bool was =
        slot->due && (slot->due->trigger == Trigger::hung || slot->due->trigger == Trigger::stuck);
    if (!useless && was) {
        slot->due.reset(); // it came to an end after all
    }
    judge(*slot, *worker);
    if (useless) {
        end_at_once(*slot, *useless);
    }
}

// Who would pass recycle.requests while others and its own successor start is due now.
void Decider::go_ahead() {
    if (!policy_.recycle.requests || learned_.start <= 0 || machine_.dry_run == DryRun::on) {
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

void Decider::judge(Slot& slot, Worker& worker) {
    if (!std::holds_alternative<Serving>(slot.front)) {
        return;
    }
    slot.brake.served(now_, *worker.ready_at, policy_.restart);
    const policies::Recycle& recycle = policy_.recycle;
    const auto requests = requests_drawn(recycle, worker.id);
    const auto age = age_drawn(recycle, worker.id);
    const bool counted_out = triggers::requests_due(requests, worker.last->served);
    const bool aged_out = triggers::age_due(age, now_ - worker.launched_at);
    if (counted_out || aged_out) {
        worker.lives_on.reset(); // its time is over, whatever it has shown
        worker.fresh.reset();    // and is not prolonged
    }
    if (judge_memory(worker)) {
        set_due(slot, Trigger::memory);
    } else if (counted_out) {
        set_due(slot, Trigger::requests);
    } else if (aged_out) {
        set_due(slot, Trigger::age);
    }
}

} // namespace recycler::slots
