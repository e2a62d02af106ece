// SPDX-License-Identifier: MIT
// What happens to the world by itself: clients, faults of workers, what operators ask for.
#include "tests/scenario/world.hpp"

#include <utility>

namespace scenario {

void World::mishap() {
    switch (dice.below(13)) {
    case 0:
        fault();
        return;
    case 1:
    case 2:
        ask();
        return;
    case 3:
        if (dice.one_in(3)) {
            replace_controller();
        }
        return;
    case 4:
        spoil();
        return;
    default:
        for (std::uint64_t n = dice.below(4); n > 0; --n) {
            connect({static_cast<std::uint16_t>(dice.below(slot_count_))});
        }
    }
}

// A worker dies while its successor starts, and somebody waits in its queue.
void World::end_amid_overlap() {
    const SlotId id{static_cast<std::uint16_t>(dice.below(slot_count_))};
    asked_.insert(next_request_);
    spares_.trial.asked = true;
    tell(slots::RecycleRequested{next_request_++, {id}});
    run(1ms);
    const slots::Slot* slot = std::as_const(*decider_).find(id);
    const slots::Worker* front = slot == nullptr ? nullptr : slots::worker_of(slot->front);
    if (front != nullptr && slot->successor && workers_.contains(front->id)) {
        connect(id);
        workers_.at(front->id).exits_at = now_;
    }
}

void World::fault() {
    if (workers_.empty()) {
        return;
    }
    if (dice.one_in(4)) {
        end_amid_overlap();
        return;
    }
    auto it = workers_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(dice.below(workers_.size())));
    ModelWorker& worker = it->second;
    if (!worker.alive) {
        return;
    }
    if (dice.one_in(4)) {
        worker.deaf = true;
    } else if (dice.one_in(3)) {
        worker.stands = !calm_ && !worker.stands;
    } else if (dice.one_in(3)) {
        worker.bloat += 60'000'000;
    } else {
        worker.exits_at = now_;
    }
}

void World::ask() {
    std::vector<SlotId> slots{{static_cast<std::uint16_t>(dice.below(slot_count_))}};
    if (dice.one_in(4)) {
        slots.clear();
        for (std::uint16_t i = 0; i < slot_count_; ++i) {
            slots.push_back({i});
        }
    }
    const slots::RequestId request = next_request_++;
    asked_.insert(request);
    switch (dice.below(8)) {
    case 0:
        tell(slots::DrainRequested{request, slots,
                                   dice.one_in(2) ? std::optional<Duration>(1s) : std::nullopt,
                                   dice.one_in(4)});
        return;
    case 1:
    case 2:
        tell(slots::OpenRequested{request, slots});
        return;
    case 3:
        asked_.erase(request);
        change_spares();
        tell(slots::PolicyChanged{
            policy_, {}, {}, dice.one_in(2)}); // slots coming and going: see the unit tests
        return;
    case 4: {
        const slots::RequestId gone = dice.below(next_request_);
        asked_.erase(request);
        asked_.erase(gone);
        tell(slots::CallerGone{gone});
        return;
    }
    default:
        spares_.trial.asked = spares_.trial.asked || slots.size() == 1;
        tell(slots::RecycleRequested{request, slots});
    }
}

} // namespace scenario
