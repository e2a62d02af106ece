// SPDX-License-Identifier: MIT
#include "tests/unit/slots/driver/play.hpp"

#include <utility>

namespace recycler::slots {

namespace {

constexpr Duration k_tick = 1ms;

policies::Policy policy_for(const Growers& growers) {
    policies::Policy policy = policy_with(policies::HandoverMode::overlap);
    policy.recycle.memory = growers.due;
    policy.memory.max = growers.max;
    return policy;
}

Bytes whole(double bytes) {
    return Bytes{static_cast<std::uint64_t>(bytes)};
}

double part(Duration of, Duration all) {
    return std::chrono::duration<double>(of).count() / std::chrono::duration<double>(all).count();
}

} // namespace

Play::Play(const Growers& growers)
    : growers_(growers), decider_(policy_for(growers), Machine{.processors = growers.processors}),
      dice_(growers.pages.seed) {
    outcome_.least = growers.max;
    carry_out(decider_.begin(now_, first_slots(growers.slots)));
}

void Play::run(Duration how_long) {
    for (const MonoTime end = now_ + how_long; now_ < end; now_ += k_tick) {
        live();
        while (!facts_.empty()) {
            const Event fact = facts_.front();
            facts_.pop_front();
            carry_out(decider_.step(now_, fact));
        }
        for (int i = 0; i < 5 && decider_.next_deadline().value_or(now_ + 1s) <= now_; ++i) {
            carry_out(decider_.step(now_, Tick{}));
        }
    }
}

// One tick of all workers.
void Play::live() {
    const auto starting =
        std::ranges::count_if(workers_, [](const auto& each) { return each.second.left > 0ms; });
    const double demand = static_cast<double>(starting) * part(growers_.busy, growers_.start);
    const double pace = std::min(1.0, growers_.processors / std::max(demand, 1e-9));
    for (auto& [id, model] : workers_) {
        if (model.left > 0ms) {
            model.left -= Duration(static_cast<Duration::rep>(k_tick.count() * pace));
            continue;
        }
        const Worker* front = worker_of(std::as_const(decider_).find(id.slot)->front);
        if (model.ready && front != nullptr && front->id == id && now_ >= k_start + growers_.idle) {
            serve(id, model);
        }
    }
}

void Play::serve(WorkerId id, Model& model) {
    if (growers_.pages.count > 0) {
        load_pages(model);
    } else {
        model.bloat += static_cast<double>(growers_.mib_a_second << 20) * part(k_tick, 1s);
        ++model.served;
    }
    outcome_.peak = std::max(outcome_.peak, whole(model.bloat));
    if (whole(model.bloat) >= growers_.max) {
        ++outcome_.killed;
        outcome_.of_the_first += id.generation == 1 ? 1 : 0;
        facts_.emplace_back(WorkerExited{id, Ending::served});
        model.ready = false;
    }
}

void Play::load_pages(Model& model) {
    const Pages& pages = growers_.pages;
    if (model.request <= 0ms) {
        const std::uint64_t page = std::uint64_t{1} << dice_() % pages.count;
        model.loading = (model.loaded & page) == 0 ? pages.loading : 0ms;
        model.loaded |= page;
        model.request = pages.answering + model.loading;
    }
    if (model.loading > 0ms) {
        model.bloat += static_cast<double>(pages.each.count) * part(k_tick, pages.loading);
        model.loading -= k_tick;
    }
    model.request -= k_tick;
    model.served += model.request <= 0ms ? 1 : 0;
}

void Play::carry_out(const std::vector<Action>& actions) {
    for (const Action& action : actions) {
        std::visit([this](const auto& order) { act(order); }, action);
    }
}

void Play::act(const Launch& order) {
    workers_[order.worker] = {.left = growers_.start,
                              .bloat = static_cast<double>(growers_.fresh.count)};
    for (const auto& [id, model] : workers_) {
        if (id.slot == order.worker.slot && id != order.worker && model.ready) {
            outcome_.least = std::min(outcome_.least, whole(model.bloat));
        }
    }
}

void Play::act(const LookReady& order) {
    Model& model = workers_.at(order.worker);
    if (model.left <= 0ms && !model.ready) {
        model.ready = true;
        facts_.emplace_back(WorkerReady{order.worker, growers_.busy});
    }
}

void Play::act(const TakeSample& order) {
    const auto found = workers_.find(order.worker);
    if (found == workers_.end()) {
        return;
    }
    const Model& model = found->second;
    const std::uint32_t in_flight = model.request > 0ms ? 1 : 0;
    facts_.emplace_back(WorkerSampled{order.worker,
                                      {.at = now_,
                                       .bloat = whole(model.bloat),
                                       .current = whole(model.bloat),
                                       .peak = whole(model.bloat),
                                       .served = model.served,
                                       .accepts = model.served + in_flight,
                                       .in_flight = in_flight}});
}

void Play::act(const RecordEnd& order) {
    outcome_.recycled += order.order == Order::recycle ? 1 : 0;
    workers_.erase(order.worker);
    facts_.emplace_back(EndRecorded{order.worker, 0, 0});
}

} // namespace recycler::slots
