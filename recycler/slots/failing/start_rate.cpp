// SPDX-License-Identifier: MIT
#include "recycler/slots/failing/start_rate.hpp"

#include <algorithm>

namespace recycler::slots {

namespace {

constexpr std::size_t k_fewest_a_second = 16;

std::optional<MonoTime> turn_of(const Slot& slot, MonoTime now) {
    const auto* vacant = std::get_if<Vacant>(&slot.front);
    const bool waits = vacant != nullptr && vacant->turn == TurnToStart::taken &&
                       vacant->launch_at && *vacant->launch_at > now;
    return waits ? vacant->launch_at : std::nullopt;
}

} // namespace

std::size_t starts_a_second(std::size_t slots) {
    return std::max(k_fewest_a_second, slots / 2);
}

MonoTime StartRate::take_turn(MonoTime now, std::size_t slots) {
    const auto free = static_cast<std::int64_t>(starts_a_second(slots));
    const Duration each = Duration(std::chrono::seconds(1)) / free;
    const MonoTime spent = std::max(spent_until_, now);
    spent_until_ = spent + each;
    return std::max(now, spent - each * (free - 1));
}

std::optional<MonoTime> held_until(const Slot& slot, MonoTime now) {
    const auto brake = slot.brake.holds(now);
    return brake ? brake : turn_of(slot, now);
}

std::optional<std::string> waits_to_start(std::span<const Slot> slots, MonoTime now) {
    const auto waiting = std::ranges::count_if(
        slots, [now](const Slot& slot) { return turn_of(slot, now).has_value(); });
    if (waiting == 0) {
        return std::nullopt;
    }
    return std::to_string(waiting) +
           (waiting == 1 ? " slot waits for its turn" : " slots wait for their turn") +
           " to start a worker: many workers ended unexpectedly at once, and Recycler replaces " +
           std::to_string(starts_a_second(slots.size())) +
           " a second. `recyclerctl why` says why they ended.";
}

} // namespace recycler::slots
