// SPDX-License-Identifier: MIT
#include "recycler/slots/spares/spares.hpp"

#include "recycler/slots/timing.hpp"

#include <algorithm>
#include <utility>

namespace recycler::slots {

namespace {

// What waits does nothing, and grows no more.
constexpr Duration k_look = std::chrono::seconds(10);

} // namespace

Spare* Spares::find(WorkerId id) {
    const auto found = std::ranges::find(spares_, id, [](const Spare& s) { return s.worker.id; });
    return found == spares_.end() ? nullptr : &*found;
}

void Spares::announce(const Spare& spare, EventName name, std::string text) {
    act(Announce{.name = name,
                 .slot = k_spare_slot,
                 .generation = spare.worker.id.generation,
                 .trigger = std::nullopt,
                 .text = std::move(text)});
}

std::uint32_t Spares::start(const SpareRules& rules, const std::string& why) {
    const std::uint32_t number = next_++;
    const WorkerId id{k_spare_slot, number};
    const ListenerId listener{k_spare_slot, number};
    no_room_.reset();
    spares_.push_back(
        {.worker = Worker{.id = id,
                          .listener = listener,
                          .plan = rules.plan,
                          .launched_at = rules.now,
                          .ready_at = std::nullopt,
                          .sample_at = rules.now,
                          .trend = {},
                          .last = std::nullopt},
         .phase = SpareStarting{.give_up_at = rules.now + rules.policy.start.timeout,
                                .looks = {.next = rules.now + std::chrono::milliseconds(1)}}});
    const Spare& spare = spares_.back();
    act(Launch{id, listener});
    announce(spare, EventName::spare_starting, why);
    return number;
}

void Spares::ready(const WorkerReady& event, const SpareRules& rules) {
    Spare* spare = find(event.worker);
    if (spare == nullptr || !starts(*spare)) {
        return;
    }
    spare->phase = SpareWaiting{};
    spare->worker.ready_at = rules.now;
    spare->worker.sample_at = rules.now;
    brake_.started(spare->worker.plan);
    announce(*spare, EventName::spare_ready);
}

void Spares::record(WorkerId id, Order order, std::optional<Trigger> trigger) {
    dead_.push_back({id, order, trigger});
    end_records_.emplace_back(RecordEnd{id, order, trigger});
}

void Spares::failed(const Spare& spare, const SpareRules& rules, std::string text) {
    const MonoTime next =
        brake_.ended(rules.now, rules.policy.restart, Ending::died, spare.worker.plan);
    if (next > rules.now) {
        text += "; spares keep ending, so the next one waits";
    }
    announce(spare, EventName::spare_failed, std::move(text));
}

void Spares::exited(const WorkerExited& event, const SpareRules& rules) {
    const Spare* found = find(event.worker);
    if (found == nullptr) {
        return;
    }
    const Spare spare = *found;
    std::erase_if(spares_, [&](const Spare& each) { return each.worker.id == event.worker; });
    if (const auto* ending = std::get_if<SpareEnding>(&spare.phase)) {
        record(spare.worker.id, ending->order, ending->trigger);
        return;
    }
    record(spare.worker.id, Order::none, std::nullopt);
    failed(spare, rules, starts(spare) ? "it ended before it was ready" : "it ended as it waited");
}

void Spares::unfit(const SpareUnfit& event, const SpareRules& rules) {
    Spare* spare = find(event.worker);
    if (spare == nullptr || is_ending(*spare)) {
        return;
    }
    const bool news = is_fit(spare->worker.plan);
    unfit_ = {spare->worker.plan, event.why};
    end(*spare, rules.now, Order::cancel);
    if (news) {
        announce(*spare, EventName::spare_unfit, event.why);
    }
}

void Spares::sampled(const WorkerSampled& event, const SpareRules& rules) {
    Spare* spare = find(event.worker);
    if (spare == nullptr || !is_ready(*spare)) {
        return;
    }
    spare->worker.last = event.sample;
    brake_.served(rules.now, *spare->worker.ready_at, rules.policy.restart);
    if (rules.memory_limit && event.sample.bloat >= *rules.memory_limit) {
        failed(*spare, rules, "it needs more than recycle.memory before its first request");
        end(*spare, rules.now, Order::recycle, Trigger::memory);
    }
}

bool Spares::recorded(WorkerId id) {
    return std::erase_if(dead_, [&](const Dead& dead) { return dead.id == id; }) > 0;
}

void Spares::end(Spare& spare, MonoTime now, Order order, std::optional<Trigger> trigger) {
    spare.phase =
        SpareEnding{.order = order, .trigger = trigger, .kill_again_at = now + k_kill_again};
    act(KillWorker{spare.worker.id});
}

void Spares::outdate(MonoTime now, std::optional<Trigger> trigger) {
    for (Spare& spare : spares_) {
        if (is_ready(spare)) {
            end(spare, now, Order::recycle, trigger);
        } else if (starts(spare)) {
            end(spare, now, Order::cancel);
        }
    }
    brake_ = Brake{};
    no_room_.reset();
}

void Spares::fire(const SpareRules& rules) {
    if (rules.wanted == 0) {
        unfit_.reset(); // whoever wants some again has tried something
    }
    end_surplus(rules);
    for (Spare& spare : spares_) {
        fire(spare, rules);
    }
}

// Those that start go first, and of those that wait the youngest.
void Spares::end_surplus(const SpareRules& rules) {
    std::size_t surplus = living(spares_) - std::min(living(spares_), rules.wanted);
    for (const bool ready : {false, true}) {
        for (auto spare = spares_.rbegin(); spare != spares_.rend() && surplus > 0; ++spare) {
            if (!is_ending(*spare) && is_ready(*spare) == ready) {
                end(*spare, rules.now, rules.surplus);
                --surplus;
            }
        }
    }
}

void Spares::fire(Spare& spare, const SpareRules& rules) {
    if (auto* ending = std::get_if<SpareEnding>(&spare.phase)) {
        if (rules.now >= ending->kill_again_at) {
            act(KillWorker{spare.worker.id});
            ending->kill_again_at = rules.now + k_kill_again;
        }
        return;
    }
    if (spare.worker.plan != rules.plan) {
        end(spare, rules.now, is_ready(spare) ? Order::recycle : Order::cancel, Trigger::policy);
        return;
    }
    if (auto* starting = std::get_if<SpareStarting>(&spare.phase)) {
        if (rules.now >= starting->give_up_at) {
            failed(spare, rules, "it was not ready within start.timeout");
            end(spare, rules.now, Order::start_timeout);
        } else if (rules.now >= starting->looks.next) {
            act(LookReady{spare.worker.id});
            starting->looks.again(rules.now);
        }
        return;
    }
    if (const auto old = ages_at(spare, rules.policy); old && rules.now >= *old) {
        end(spare, rules.now, Order::recycle, Trigger::age);
    } else if (rules.now >= spare.worker.sample_at) {
        act(TakeSample{spare.worker.id});
        spare.worker.sample_at = rules.now + k_look;
    }
}

void Spares::found_no_room(MonoTime now) {
    if (!no_room_) {
        no_room_.emplace();
    }
    (void)no_room_->failed(now, "memory", k_room_pauses);
}

std::optional<Spare> Spares::take(std::uint32_t plan) {
    const Spare* found = waiting(plan);
    if (found == nullptr) {
        return std::nullopt;
    }
    const Spare taken = *found;
    std::erase_if(spares_, [&](const Spare& each) { return each.worker.id == taken.worker.id; });
    return taken;
}

void Spares::hand_over(std::vector<Action>& actions, std::vector<Action>& end_records) {
    std::ranges::move(std::exchange(actions_, {}), std::back_inserter(actions));
    std::ranges::move(std::exchange(end_records_, {}), std::back_inserter(end_records));
}

void Spares::restore(Kept kept, MonoTime now) {
    spares_ = std::move(kept.spares);
    next_ = kept.next;
    brake_ = std::move(kept.brake);
    for (Spare& spare : spares_) {
        if (auto* ending = std::get_if<SpareEnding>(&spare.phase)) {
            ending->kill_again_at = now;
        }
    }
    for (const Dead& dead : kept.dead) {
        record(dead.id, dead.order, dead.trigger);
    }
}

} // namespace recycler::slots
