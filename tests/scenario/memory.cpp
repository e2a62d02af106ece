// SPDX-License-Identifier: MIT
// The model's side of memory: what workers have, what they will still take, and what there is for
// all of them.
#include "tests/scenario/world.hpp"

#include <algorithm>
#include <utility>

namespace scenario {

// One that starts takes it evenly.
std::uint64_t World::bloat_of(const ModelWorker& worker) const {
    const bool ready = worker.ready_at && now_ >= *worker.ready_at;
    if (ready || worker.booted) {
        return worker.bloat;
    }
    const auto all =
        (worker.ready_at ? *worker.ready_at - worker.launched_at : Duration(1s)).count();
    const auto so_far = std::min(all, (now_ - worker.launched_at).count());
    return worker.bloat / 1000 *
           static_cast<std::uint64_t>(so_far * 1000 / std::max<Duration::rep>(all, 1));
}

// Of a worker until it is warm, as far as the decider has had a chance to see it.
Bytes World::need() const {
    const Bytes all{need_ + memory_.warming};
    const Bytes learned{decider_->learned().start_cost};
    return learned == Bytes{} ? all : std::min(all, learned);
}

// What it has or, if the decider lets it live on, will take. What it has taken since the last look
// nobody can know.
std::uint64_t World::promised_to(WorkerId id, const ModelWorker& worker) const {
    const slots::Slot* slot = std::as_const(*decider_).find(id.slot);
    const auto is_it = [&](const slots::Worker* other) {
        return other != nullptr && other->id == id;
    };
    std::uint64_t has = std::min(bloat_of(worker), worker.at_look.value_or(need_));
    if (id.slot == k_spare_slot) {
        const slots::Spare* spare = std::as_const(*decider_).spares().find(id.generation);
        return std::max(has, spare != nullptr && slots::starts(*spare) ? need().count : 0);
    }
    const slots::Worker* front = slot == nullptr ? nullptr : slots::worker_of(slot->front);
    if (front != nullptr && front->id == id && front->lives_on && front->lives_on->ceiling() &&
        std::holds_alternative<slots::Serving>(slot->front)) {
        has = std::max(has, front->lives_on->ceiling()->count);
    }
    if (slot != nullptr && (is_it(slots::worker_of(slot->front)) ||
                            (slot->successor && is_it(&slot->successor->worker)))) {
        return std::max(has, worker.served < 10 ? need().count : 0);
    }
    return slot != nullptr && slot->retiring && is_it(&slot->retiring->worker) ? has : 0;
}

Bytes World::all_promised() const {
    Bytes sum;
    for (const auto& [id, worker] : workers_) {
        sum = sum + Bytes{worker.alive ? promised_to(id, worker) : 0};
    }
    return sum;
}

// A worker has been let live on past recycle.memory: what it may take there, all that is there, and
// one replacement must have room when the others have grown until they are due.
void World::check_living_on() {
    for (const slots::Slot& slot : std::as_const(*decider_).slots()) {
        const auto* serving = std::get_if<slots::Serving>(&slot.front);
        if (serving == nullptr || !serving->worker.lives_on ||
            !serving->worker.lives_on->ceiling() ||
            !let_live_on_.insert(serving->worker.id).second || memory_.app_max == 0) {
            continue;
        }
        Bytes sum = need() + all_promised();
        for (const slots::Slot& other : std::as_const(*decider_).slots()) {
            const slots::Worker* front = slots::worker_of(other.front);
            if (other.id != slot.id && front != nullptr && front->last) {
                sum = sum + (*policy_.recycle.memory - front->last->bloat);
            }
        }
        if (sum > Bytes{memory_.app_max + 10'000'000}) {
            complain("worker " + name(serving->worker.id) + " is let live on to " +
                     std::to_string(serving->worker.lives_on->ceiling()->count / 1'000'000) +
                     " MB where there is no room for it");
        }
    }
}

// A worker is launched. If that is an overlap which could wait (one whose listener is broken is
// reached by nobody), all that is there, all that will be taken, and the worker to come must have
// room.
void World::check_room(WorkerId id, Bytes needs) {
    const slots::Slot* slot = std::as_const(*decider_).find(id.slot);
    const bool overlaps = slot != nullptr && slot->successor && slot->successor->worker.id == id;
    const bool spare = id.slot == k_spare_slot;
    const bool fresh = overlaps && ((slot->due && slot->due->trigger == Trigger::listener) ||
                                    slot->held == slot->listener);
    if ((!overlaps && !spare) || fresh) {
        return;
    }
    if (memory_.app_max == 0) {
        return;
    }
    const std::uint64_t sum = (needs + all_promised()).count;
    // What one that is not warm yet took between the look at room and a sample stands in neither.
    constexpr std::uint64_t k_between = 10'000'000;
    if (sum > memory_.app_max + k_between) {
        complain("worker " + name(id) +
                 " is started beside the others: " + std::to_string(sum / 1'000'000) +
                 " MB are promised of " + std::to_string(memory_.app_max / 1'000'000));
    }
}

void World::act(const slots::LookRoom&) {
    if (memory_.app_max == 0) {
        note(slots::RoomSeen{dice.one_in(2) ? Bytes{0} : 4_GiB});
        return;
    }
    std::uint64_t used = 0;
    slots::RoomSeen seen;
    for (auto& [id, worker] : workers_) {
        if (!worker.alive) {
            continue;
        }
        worker.at_look = bloat_of(worker);
        used += *worker.at_look;
        if (!worker.ready_at || now_ < *worker.ready_at) {
            seen.starting.push_back({id, Bytes{bloat_of(worker)}});
        }
    }
    seen.room = Bytes{memory_.app_max} - Bytes{used};
    note(seen);
}

} // namespace scenario
