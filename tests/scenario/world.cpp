// SPDX-License-Identifier: MIT
#include "tests/scenario/world.hpp"

namespace scenario {

World::World(std::uint64_t seed, policies::Policy policy, std::uint16_t slots,
             slots::Machine machine)
    : dice(seed), policy_(std::move(policy)), machine_(machine), kept_(seed + 1),
      spares_(seed + 2, policy_), outsiders_(~seed), slot_count_(slots),
      decider_(std::make_unique<slots::Decider>(policy_, machine)),
      ledger_(std::make_unique<slots::Ledger>()) {
    if (machine.keeps) {
        kept_.begin();
    }
    std::vector<SlotId> ids;
    for (std::uint16_t i = 0; i < slots; ++i) {
        const ListenerId first{{i}, 1};
        ids.push_back({i});
        listeners_[first] = {};
        sides_[{i}].group = {first};
    }
    auto actions = decider_->begin(now_, ids);
    write_ledger();
    carry_out(actions);
    drain_inbox();
}

void World::complain(std::string what) {
    complaints_.push_back(std::to_string(now_.time_since_epoch().count() / 1'000'000) +
                          " ms: " + std::move(what));
}

void World::tell(const slots::Event& event) {
    note(event);
    drain_inbox();
}

void World::drain_inbox() {
    while (!inbox_.empty() && !died_) {
        const slots::Event event = inbox_.front();
        inbox_.pop_front();
        held_ = decider_->holding() && !std::holds_alternative<slots::PolicyChanged>(event);
        auto actions = decider_->step(now_, event);
        write_ledger();
        check_living_on();
        carry_out(actions);
    }
}

void World::carry_out(const std::vector<slots::Action>& actions) {
    std::size_t done = 0;
    for (const slots::Action& action : actions) {
        if (die_after_ && done == *die_after_) {
            died_ = true;
            return; // the controller was killed here
        }
        std::visit([this](const auto& order) { act(order); }, action);
        ++done;
    }
}

void World::replace_controller() {
    die_after_ = dice.below(4);
    tell(slots::Tick{});
    die_after_.reset();
    died_ = false;
    inbox_.clear(); // what it had seen and not written down dies with it
    asked_.clear();
    for (auto& [id, worker] : workers_) {
        worker.exit_told = false;
        worker.told_at.reset(); // the next one cannot know what it did before
    }
    slots::Holdings holdings;
    for (const auto& [id, listener] : listeners_) {
        holdings.listeners.push_back(id);
    }
    for (const auto& [id, worker] : workers_) {
        holdings.workers.push_back(id);
        holdings.keeping.push_back(id);
    }
    recorded_by_this_.clear();
    decider_ = std::make_unique<slots::Decider>(policy_, machine_);
    std::vector<SlotId> ids;
    for (std::uint16_t i = 0; i < slot_count_; ++i) {
        ids.push_back({i});
    }
    auto actions = decider_->adopt(now_, ids, *ledger_, holdings);
    write_ledger();
    adopting_ = true;
    carry_out(actions);
    adopting_ = false;
    drain_inbox();
    progress();
    drain_inbox();
}

void World::run(Duration how_long) {
    const MonoTime end = now_ + how_long;
    for (;;) {
        progress();
        drain_inbox();
        MonoTime next = end;
        if (const auto deadline = decider_->next_deadline()) {
            next = std::min(next, *deadline);
        }
        if (const auto happening = next_happening()) {
            next = std::min(next, *happening);
        }
        if (next > now_) {
            now_ = next;
            progress();
        }
        check_reached();
        check_waits();
        check_unattended();
        // What a turn takes up may set a deadline for this very instant, but not over and over
        // again.
        for (int turns = 0; decider_->next_deadline().value_or(MonoTime::max()) <= now_; ++turns) {
            if (turns == 10) {
                complain("a deadline that has been fired is still armed: the loop would spin");
                return;
            }
            tell(slots::Tick{});
        }
        if (now_ >= end) {
            return;
        }
    }
}

std::optional<MonoTime> World::next_happening() const {
    std::optional<MonoTime> next;
    for (const auto& [id, worker] : workers_) {
        if (!worker.alive) {
            continue;
        }
        for (const auto& at : {worker.ready_at, worker.exits_at, worker.busy_until}) {
            if (at && *at > now_ && (!next || *at < *next)) {
                next = at;
            }
        }
    }
    return next;
}

// Lets every worker do what it does by itself until now.
void World::progress() {
    kept_.move();
    for (auto& [id, worker] : workers_) {
        if (worker.alive && worker.exits_at && now_ >= *worker.exits_at) {
            end(id);
        }
        if (!worker.alive) {
            if (!std::exchange(worker.exit_told, true)) {
                note(slots::WorkerExited{
                    id, worker.served > 0 ? slots::Ending::served : slots::Ending::died,
                    look_at(worker.listener)});
            }
            continue;
        }
        if (worker.frozen || !worker.ready_at || now_ < *worker.ready_at) {
            continue;
        }
        if (worker.busy_until && now_ >= *worker.busy_until) {
            worker.busy_until.reset();
            worker.idle_since = now_;
            ++worker.served;
            kept_.served(id);
            worker.bloat += dice.below(memory_.leak) + memory_.of_request(worker.served);
            worker.parked = worker.park;
        }
        const auto listener = listeners_.find(worker.listener);
        const bool accepts = !worker.busy_until && !worker.parked && !worker.leaving &&
                             !worker.stands && listener != listeners_.end();
        const bool waits = !worker.busy_until && !worker.stands;
        const bool asked = waits && kept_.asked(id, accepts);
        if (asked || (accepts && listener->second.queued > 0)) {
            listener->second.queued -= asked ? 0 : 1;
            worker.busy_since = now_;
            const bool hangs =
                !calm_ && dice.one_in(200); // or a queue of some would outlast a test
            worker.busy_until = now_ + (hangs ? Duration(20s) : dice.upto(30ms));
        }
    }
}

void World::end(WorkerId id) {
    ModelWorker& worker = workers_.at(id);
    worker.alive = false;
    worker.exits_at.reset();
    kept_.ended(id);
    if (worker.polite && worker.leaving) {
        shut(worker.listener);
    }
}

void World::connect(SlotId slot) {
    SlotSide& side = sides_[slot];
    const auto shown = [&](ListenerId id) {
        return listeners_.contains(id) && listeners_.at(id).shown;
    };
    const auto queue_at = [&](ListenerId id) {
        listeners_.at(id).queued += listeners_.at(id).reached() ? 1 : 0; // or it is refused
    };
    if (std::any_of(side.group.begin(), side.group.end(), shown)) {
        const std::size_t index =
            side.steer < side.group.size() ? side.steer : dice.below(side.group.size());
        const ListenerId target = side.group[index];
        if (!shown(target)) {
            // Where showing it has just failed, that is told and tried again within 100 ms.
            const slots::Slot* whose = std::as_const(*decider_).find(slot);
            if (whose == nullptr || !whose->stuck) {
                complain("a new connection is steered to a hidden listener and would hang");
            }
            return;
        }
        queue_at(target);
        return;
    }
    for (auto& [id, listener] : listeners_) {
        if (id.slot == slot && listener.shown) {
            queue_at(id);
            return;
        }
    }
}

void World::fatten(std::uint64_t need) {
    need_ = need;
    for (auto& [id, worker] : workers_) {
        worker.bloat = std::max(worker.bloat, need);
    }
}

void World::calm() {
    calm_ = true;
    kept_.calm();
    if (std::exchange(policy_.recycle.age, std::nullopt)) {
        tell(slots::PolicyChanged{policy_, {}, {}, false});
    }
    // Who stands still by then, and is not the operator's, must be found.
    for (auto& [id, worker] : workers_) {
        const slots::Slot* slot = std::as_const(*decider_).find(id.slot);
        const bool held = slot == nullptr || slot->wanted == slots::Wanted::out;
        worker.stands = worker.stands && policy_.recycle.stuck == k_soon_stuck && !held;
    }
}

void World::stop() {
    stopping_ = true;
    tell(slots::StopRequested{});
}

} // namespace scenario
