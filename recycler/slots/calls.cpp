// SPDX-License-Identifier: MIT
#include "recycler/slots/calls.hpp"

namespace recycler::slots {

void Calls::wait_for_drain(RequestId request, const std::vector<SlotId>& slots,
                           std::optional<MonoTime> deadline) {
    calls_.push_back({request, Drain{slots, deadline}});
}

namespace {

// One that is not there or is about to go is none.
const Slot* find(std::span<const Slot> slots, SlotId id) {
    const auto slot =
        std::find_if(slots.begin(), slots.end(), [id](const Slot& s) { return s.id == id; });
    return slot == slots.end() || slot->wanted == Wanted::gone ? nullptr : &*slot;
}

// The first generation that is fresher than what the slot has now.
std::uint32_t fresh_generation(const Slot& slot) {
    const Worker* worker = worker_of(slot.front);
    if (worker == nullptr) {
        return slot.next_generation;
    }
    return worker->ready_at ? worker->id.generation + 1 : worker->id.generation;
}

} // namespace

void Calls::wait_for_recycle(RequestId request, const std::vector<SlotId>& asked,
                             std::span<const Slot> slots) {
    Recycle recycle;
    for (const SlotId id : asked) {
        const Slot* slot = find(slots, id);
        recycle.targets.push_back({id, slot == nullptr ? 0 : fresh_generation(*slot)});
    }
    calls_.push_back({request, std::move(recycle)});
}

// Whether a call can be answered, and how.
struct Calls::Answering {
    MonoTime now;
    std::span<const Slot> slots;
    RequestId request = 0;

    [[nodiscard]] Reply refused(std::string reason) const {
        return {.request = request, .outcome = Outcome::refused, .reason = std::move(reason)};
    }

    std::optional<Reply> operator()(const Drain& drain) const {
        bool all_done = true;
        for (const SlotId id : drain.slots) {
            const Slot* slot = find(slots, id);
            if (slot == nullptr) {
                return refused("the slot is going away");
            }
            if (slot->wanted != Wanted::out) {
                return refused("the slot was opened again before it was drained");
            }
            all_done &= !slot->retiring && std::holds_alternative<Drained>(slot->front);
        }
        if (all_done) {
            return Reply{.request = request};
        }
        if (drain.deadline && now >= *drain.deadline) {
            return Reply{.request = request,
                         .outcome = Outcome::timed_out,
                         .reason = "still busy; the gate stays closed"};
        }
        return std::nullopt;
    }

    std::optional<Reply> operator()(const Recycle& recycle) const {
        bool all_done = true;
        for (const Target& target : recycle.targets) {
            const Slot* slot = find(slots, target.slot);
            if (slot == nullptr) {
                return refused("the slot is going away");
            }
            const Worker* worker = worker_of(slot->front);
            all_done &= !slot->retiring && worker != nullptr && worker->ready_at &&
                        worker->id.generation >= target.generation &&
                        !std::holds_alternative<Stopping>(slot->front);
        }
        return all_done ? std::optional(Reply{.request = request}) : std::nullopt;
    }
};

std::vector<Reply> Calls::answers(MonoTime now, std::span<const Slot> slots) {
    std::vector<Reply> replies;
    std::erase_if(calls_, [&](const Call& call) {
        std::optional<Reply> reply = std::visit(Answering{now, slots, call.request}, call.asked);
        if (reply) {
            replies.push_back(std::move(*reply));
        }
        return reply.has_value();
    });
    return replies;
}

std::vector<Reply> Calls::refuse_recycles_of(SlotId slot, const std::string& reason) {
    std::vector<Reply> replies;
    std::erase_if(calls_, [&](const Call& call) {
        const auto* recycle = std::get_if<Recycle>(&call.asked);
        const bool waits =
            recycle != nullptr &&
            std::any_of(recycle->targets.begin(), recycle->targets.end(),
                        [slot](const Target& target) { return target.slot == slot; });
        if (waits) {
            replies.push_back({.request = call.request,
                               .outcome = Outcome::refused,
                               .reason = reason,
                               .slot = slot});
        }
        return waits;
    });
    return replies;
}

bool Calls::wants_recycled(SlotId slot) const {
    return std::any_of(calls_.begin(), calls_.end(), [slot](const Call& call) {
        const auto* recycle = std::get_if<Recycle>(&call.asked);
        return recycle != nullptr &&
               std::any_of(recycle->targets.begin(), recycle->targets.end(),
                           [slot](const Target& target) { return target.slot == slot; });
    });
}

void Calls::forget(RequestId request) {
    std::erase_if(calls_, [request](const Call& call) { return call.request == request; });
}

std::optional<MonoTime> Calls::deadline() const {
    std::optional<MonoTime> earliest;
    for (const Call& call : calls_) {
        const auto* drain = std::get_if<Drain>(&call.asked);
        if (drain != nullptr && drain->deadline && (!earliest || *drain->deadline < *earliest)) {
            earliest = drain->deadline;
        }
    }
    return earliest;
}

} // namespace recycler::slots
