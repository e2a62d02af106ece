// SPDX-License-Identifier: MIT
// The trigger `memory`: when it comes, when it is held, and how it is learnt whether it must be.
#include "recycler/slots/decider.hpp"

#include "policies/units.hpp"
#include "recycler/slots/due/ahead.hpp"
#include "recycler/triggers/growth/outlook.hpp"
#include "recycler/triggers/growth/sampling.hpp"

namespace recycler::slots {

namespace {

// A ceiling that is not so much above the limit teaches nothing.
constexpr std::uint64_t k_least_above = 8; // a part of the limit

// A worker that is to grow fast has shown it by then, or its growth leaves time to see it.
constexpr Duration k_young = std::chrono::seconds(5);

// What a worker is trusted to begin to grow with, in bytes per second, where nobody has seen it.
constexpr double k_at_once = 100e6;

// All of an app together are looked at no oftener than that for it: 0.04 % of a processor.
constexpr Duration k_looks_apart = std::chrono::milliseconds(50);

// Starts slow each other down.
constexpr Duration slowed(Duration start) {
    return start * 3 / 2;
}

// What has served nobody for long may all begin at one instant to grow, faster than anybody has
// seen: when that is noticed there must be time left to replace one after another.
Duration look_for_onset(Bytes to_max, Duration replacing_all, std::size_t slots) {
    const auto until = triggers::time_at(to_max, k_at_once).value_or(Duration::max());
    const Duration shared = k_looks_apart * static_cast<std::int64_t>(slots);
    return std::clamp(std::max(until - replacing_all, shared), triggers::k_sample_busy,
                      triggers::k_sample_idle);
}

// No life is cut to less than half of what it may take.
bool past_half_way(const Worker& worker, Bytes limit) {
    const Bytes fresh = worker.fresh.value_or(limit);
    return worker.last->bloat >= fresh + Bytes{(limit - fresh).count / 2};
}

// What it has past the limit comes of requests, as far as it is known what it had before them.
bool can_show(const Worker& worker) {
    return worker.fresh && (worker.last->served > 0 || worker.last->in_flight > 0);
}

// As fast as it shows itself: whether it goes on as those before did is the question, and its
// ceiling leaves room for that.
bool reaches_within(Duration time, const std::optional<Bytes>& max, const Worker& worker) {
    const auto growth = worker.trend.steady_growth();
    const auto until =
        max && growth ? triggers::time_at(*max - worker.last->bloat, *growth) : std::nullopt;
    return until && *until < time;
}

} // namespace

// What a worker is due at; none: at nothing.
std::optional<Bytes> Decider::memory_limit(const Worker& worker) const {
    return worker.lives_on && worker.lives_on->ceiling()
               ? worker.lives_on->ceiling()
               : storm_.limit(policy_.recycle.memory, policy_.memory);
}

// What it is due at, as far as has been learnt with this sample.
std::optional<Bytes> Decider::judge_memory(Worker& worker) {
    const std::optional<Bytes> configured = policy_.recycle.memory;
    if (!configured) {
        return std::nullopt;
    }
    const auto served = serves_below(*configured, worker.trend);
    if (served && storm_.serves_on(*served)) {
        act(Warn{.name = EventName::holding_ended,
                 .text =
                     "a worker serves on below recycle.memory (" + policies::to_text(*configured) +
                     "): workers are retired for memory at this size again. Their first requests "
                     "had bloated the earlier ones; `recyclerctl blame` says which requests."});
    }
    learn_from(worker);
    const auto limit = memory_limit(worker);
    worker.max_at = expected_at_max(worker);
    const Bytes need = storm_.holding() ? storm_.holding()->baseline : Bytes{};
    worker.may_go_early = limit && worker.last->bloat >= need && past_half_way(worker, *limit);
    return limit;
}

// To the next look at one that has not grown yet: it may begin at any instant to grow as those
// before did. As long as there were none, the first are watched while they are young.
Duration Decider::look_for_growth(const Worker& worker) const {
    const auto limit = memory_limit(worker);
    if (!limit || worker.last->bloat >= *limit) {
        return triggers::k_sample_idle;
    }
    const auto lives = learned_.lives.growth_per_second();
    const bool young = !lives && now_ - *worker.ready_at < k_young;
    Duration next = young ? triggers::k_sample_busy : triggers::k_sample_idle;
    if (policy_.memory.max && !young) {
        const std::size_t rounds = (slots_.size() - 1) / starts_at_once() + 1;
        const Duration all = slowed(Duration(learned_.start)) * static_cast<std::int64_t>(rounds);
        next = look_for_onset(*policy_.memory.max - worker.last->bloat, all, slots_.size());
    }
    if (lives) {
        const auto until =
            triggers::time_at(*limit - worker.last->bloat, static_cast<double>(lives->count));
        next = std::min(
            next, std::max(until.value_or(Duration::max()) / 2, triggers::k_sample_idle_near));
    }
    return next;
}

// As fast as it grows, but no faster than twice what the lives before teach, by their time or by
// their requests: what its first requests load is no growth that goes on.
std::optional<MonoTime> Decider::expected_at_max(const Worker& worker) const {
    const auto own = triggers::expected_growth(worker.trend, learned_.lives);
    const auto lives = triggers::taught_growth(worker.trend, learned_.lives);
    if (!policy_.memory.max || !is_warm(worker) || !own) {
        return std::nullopt;
    }
    const double growth = lives ? std::min(*own, 2 * *lives) : *own;
    const auto until = triggers::time_at(*policy_.memory.max - worker.last->bloat, growth);
    return until ? std::optional(now_ + *until) : std::nullopt;
}

// Whose replacement would come too late for memory.max if it began at the limit only is due now,
// and with it all who reach memory.max sooner: they go first, and if they waited for their own last
// moment those behind them would have none.
void Decider::begin_before_max() {
    if (!policy_.recycle.memory || !policy_.memory.max || learned_.start <= 0) {
        return;
    }
    std::vector<std::pair<Duration, Slot*>> nearing;
    Starts starts{.each = slowed(Duration(learned_.start)), .at_once = starts_at_once()};
    bool any = false;
    for (Slot& slot : slots_) {
        const auto* serving = std::get_if<Serving>(&slot.front);
        const bool rests = serving != nullptr && !slot.successor;
        starts.under_way += !rests && slot.wanted == Wanted::in ? 1 : 0;
        if (rests && serving->worker.max_at) {
            const Duration blind = std::min(serving->worker.until_look, triggers::k_sample_busy);
            nearing.emplace_back(*serving->worker.max_at - now_ - blind, &slot);
            any = any || (!slot.due && serving->worker.may_go_early);
        }
    }
    if (!any) {
        return;
    }
    keep_who_must_begin(nearing, starts);
    for (const auto& [when, slot] : nearing) {
        const Worker& worker = *worker_of(slot->front);
        if (!slot->due && worker.may_go_early) {
            set_due(*slot, Trigger::memory);
        }
    }
}

// A worker that is let live on stays due until it has shown whether it grows. A worker past the
// limit that is being replaced shows it too, at no risk: where its successor's start takes longer
// than memory.max would leave time for, that is long enough to see it.
void Decider::learn_from(Worker& worker) {
    if (!worker.lives_on) {
        const Bytes limit = *policy_.recycle.memory;
        if (worker.last->bloat >= limit && can_show(worker) && storm_.wants_to_know(now_)) {
            worker.lives_on.emplace(worker.trend, *worker.fresh, limit, std::nullopt,
                                    now_ + k_storm_window);
        }
        return;
    }
    if (worker.lives_on->ceiling() && reaches_within(lead(0), policy_.memory.max, worker)) {
        worker.lives_on->is_replaced();
        storm_.grows(); // as far as can be told yet
    }
    switch (worker.lives_on->look(worker.trend)) {
    case Shows::nothing_yet:
        return;
    case Shows::stays:
        storm_.stays(worker.lives_on->level(), worker.lives_on->level_served(),
                     *policy_.recycle.memory);
        hold_memory();
        break;
    case Shows::grows:
        if (worker.lives_on->ceiling()) {
            storm_.grows();
        }
        break;
    case Shows::below:
        break;
    }
    worker.lives_on.reset();
}

// What is free beside all that is promised, when the others have grown until they are due and one
// of them is being replaced.
Bytes Decider::room_to_live_on(const Slot& slot) const {
    Bytes left = room_.left(slots_, expected()) - expected().need;
    for (const Slot& other : slots_) {
        const Worker* worker = worker_of(other.front);
        if (other.id != slot.id && worker != nullptr && worker->last) {
            left = left - (*policy_.recycle.memory - worker->last->bloat);
        }
    }
    return left;
}

// As far as the slot's worker may go beyond recycle.memory: below memory.max there must be left
// what it grows by, as fast as workers ever do, while all others are replaced before it.
Bytes Decider::ceiling_of(const Slot& slot) const {
    const Worker& worker = *worker_of(slot.front);
    Bytes ceiling = worker.last->bloat + room_to_live_on(slot);
    if (const auto above = ceiling_above(*policy_.recycle.memory, policy_.memory)) {
        ceiling = std::min(ceiling, *above);
    }
    if (policy_.memory.max) {
        const auto own = triggers::expected_growth(worker.trend, learned_.lives).value_or(0);
        const auto lives = learned_.lives.growth_per_second().value_or(Bytes{}).count;
        const double growth = std::max(own, static_cast<double>(lives));
        const double seconds = std::chrono::duration<double>(lead(0)).count();
        ceiling = std::min(ceiling, *policy_.memory.max -
                                        Bytes{static_cast<std::uint64_t>(growth * seconds)});
    }
    return ceiling;
}

// Instead of being retired for memory, if nothing speaks against it.
bool Decider::let_live_on(Slot& slot) {
    Worker& worker = *worker_of(slot.front);
    const bool another = std::ranges::any_of(slots_, [](const Slot& other) {
        const auto* serving = std::get_if<Serving>(&other.front);
        return serving != nullptr && serving->worker.lives_on &&
               serving->worker.lives_on->ceiling();
    });
    const Bytes limit = policy_.recycle.memory.value_or(worker.last->bloat);
    if (slot.due->trigger != Trigger::memory || worker.last->bloat < limit ||
        !storm_.wants_to_learn(now_) || another || !can_show(worker) || learned_.start == 0) {
        return false;
    }
    const Bytes ceiling = ceiling_of(slot);
    if (ceiling < worker.last->bloat + Bytes{limit.count / k_least_above}) {
        return false;
    }
    worker.lives_on.emplace(worker.trend, *worker.fresh, limit, ceiling, now_ + k_storm_window);
    slot.due->waiting_for = worker.lives_on->in_words();
    return true;
}

// One that was adopted without having been measured from its start on tells nothing.
void Decider::retired_for_memory(const Worker& worker) {
    const auto limit = memory_limit(worker);
    if (!limit || !worker.baseline ||
        !storm_.retired(now_, *limit, worker.baseline, worker.last->served)) {
        return;
    }
    hold_memory();
}

void Decider::hold_memory() {
    act(Warn{.name = EventName::holding, .text = in_words(*storm_.holding(), policy_.memory)});
    drop_held();
}

// What is due for memory alone and has not begun is due no more; what has begun goes on.
void Decider::drop_held() {
    for (Slot& slot : slots_) {
        if (storm_.holding() && slot.due && slot.due->trigger == Trigger::memory &&
            !slot.successor && std::holds_alternative<Serving>(slot.front)) {
            slot.due.reset();
        }
    }
}

} // namespace recycler::slots
