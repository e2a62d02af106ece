// SPDX-License-Identifier: MIT
#include "recycler/controller/calls/unit_status.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/death/verdict.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

using keeper::AppPhase;

constexpr Duration k_between_texts = std::chrono::seconds(1);
// Beyond what the policy allows a phase: records, cgroups, a busy machine.
constexpr Duration k_allowance = std::chrono::seconds(15);
constexpr std::size_t k_names_shown = 3;

std::int64_t minute_of(MonoTime time) {
    return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

// Its first worker serves, or has shown that it does not: nobody who waits for the start would
// learn more from waiting longer.
bool has_settled(const slots::Slot& slot) {
    const bool waits = std::holds_alternative<slots::Starting>(slot.front) ||
                       std::holds_alternative<slots::Vacant>(slot.front);
    const slots::Worker* worker = slots::worker_of(slot.front);
    const std::uint32_t started = slot.next_generation - (worker != nullptr ? 1 : 0);
    return !waits || slot.wanted == slots::Wanted::gone || started > slot.first_generation;
}

// The words for what workers do, in the order in which they are told.
enum class Doing : std::size_t { serving, starting, draining, drained, stopping, nothing };
constexpr std::array k_doing{"serving", "starting", "draining", "drained", "stopping"};
using Tally = std::array<std::size_t, k_doing.size() + 1>;

struct DoingOf {
    Doing operator()(const slots::Vacant&) const { return Doing::nothing; }
    Doing operator()(const slots::Leaving&) const { return Doing::nothing; }
    Doing operator()(const slots::Starting&) const { return Doing::starting; }
    Doing operator()(const slots::Serving&) const { return Doing::serving; }
    Doing operator()(const slots::Draining&) const { return Doing::draining; }
    Doing operator()(const slots::Parking&) const { return Doing::draining; }
    Doing operator()(const slots::Drained&) const { return Doing::drained; }
    Doing operator()(const slots::Stopping&) const { return Doing::stopping; }
};

Tally tally(const slots::Decider& decider) {
    Tally tally{};
    const auto count = [&](Doing doing) { ++tally[static_cast<std::size_t>(doing)]; };
    for (const slots::Slot& slot : decider.slots()) {
        count(std::visit(DoingOf{}, slot.front));
        if (slot.successor) {
            count(Doing::starting);
        }
        if (slot.retiring) {
            const auto& phase = slot.retiring->phase;
            count(std::holds_alternative<slots::RetiringStopping>(phase)   ? Doing::stopping
                  : std::holds_alternative<slots::RetiringOrphaned>(phase) ? Doing::nothing
                                                                           : Doing::draining);
        }
    }
    return tally;
}

// "7012", "7012, 7013 and 4 more"; empty: none is.
std::string braked_slots(const slots::Decider& decider, const SlotTable& slots, MonoTime now) {
    std::vector<std::string> names;
    std::size_t count = 0;
    for (const slots::Slot& slot : decider.slots()) {
        if (std::holds_alternative<slots::Vacant>(slot.front) && slots::held_until(slot, now) &&
            ++count <= k_names_shown) {
            names.push_back(slots.name(slot.id));
        }
    }
    return text::and_more(text::joined(names, ", "), count - names.size());
}

std::string in_the_last_hour(const LastHour::Counts& counts) {
    std::vector<std::string> parts;
    if (counts.recycled > 0) {
        parts.push_back(std::to_string(counts.recycled) + " recycled");
    }
    if (counts.died > 0) {
        parts.push_back(std::to_string(counts.died) + " died");
    }
    return parts.empty() ? "" : text::joined(parts, ", ") + " in the last hour";
}

} // namespace

LastHour::Counts& LastHour::at_minute(MonoTime time) {
    const std::int64_t number = std::max<std::int64_t>(minute_of(time), 0);
    Minute& minute = minutes_[static_cast<std::size_t>(number) % minutes_.size()];
    if (minute.number < number) {
        minute = {.number = number};
    }
    return minute.counts;
}

LastHour::Counts LastHour::counts(MonoTime now) const {
    Counts sum;
    for (const Minute& minute : minutes_) {
        if (minute.number >= 0 &&
            minute_of(now) - minute.number < static_cast<std::int64_t>(minutes_.size())) {
            sum.recycled += minute.counts.recycled;
            sum.died += minute.counts.died;
        }
    }
    return sum;
}

void UnitStatus::heard(const control::EventLine& line, MonoTime now, Duration ago) {
    if (line.event != "ended" || ago < Duration::zero() || ago >= std::chrono::minutes(59)) {
        return;
    }
    for (const auto& [name, value] : line.members) {
        const auto* word = std::get_if<std::string>(&value);
        const auto verdict =
            name == "verdict" && word != nullptr ? death::verdict_named(*word) : std::nullopt;
        if (verdict == death::Verdict::recycled) {
            last_hour_.recycled(now - ago);
        } else if (verdict && death::is_warning(*verdict)) {
            last_hour_.died(now - ago);
        }
    }
}

AppPhase UnitStatus::phase_of(const slots::Decider& decider, MonoTime now) const {
    if (decider.stopping()) {
        return AppPhase::stopping;
    }
    const bool has_served = told_ && told_->phase == AppPhase::serving;
    const bool has_settled_all = std::ranges::all_of(decider.slots(), has_settled);
    const bool is_late = now - begun_.value_or(now) >= decider.policy().start.timeout;
    return has_served || has_settled_all || is_late ? AppPhase::serving : AppPhase::starting;
}

std::optional<MonoTime> UnitStatus::phase_end(const policies::Policy& policy, AppPhase phase,
                                              MonoTime now) const {
    if (told_ && told_->phase == phase) {
        return told_->until;
    }
    if (phase == AppPhase::starting) {
        return begun_.value_or(now) + policy.start.timeout + k_allowance;
    }
    if (phase == AppPhase::stopping) {
        // What waits on a listener whose worker died is served by one more, that has to start.
        return now + policy.start.timeout + policy.drain.timeout + policy.drain.stop_timeout +
               k_allowance;
    }
    return std::nullopt;
}

std::optional<UnitState> UnitStatus::news(const slots::Decider& decider, const SlotTable& slots,
                                          MonoTime now) {
    begun_ = begun_.value_or(now);
    const AppPhase next = phase_of(decider, now);
    const bool is_new_phase = !told_ || told_->phase != next;
    if (!is_new_phase && now - told_at_ < k_between_texts) {
        return std::nullopt;
    }
    UnitState state{.phase = next,
                    .until = phase_end(decider.policy(), next, now),
                    .text = describe(decider, slots, last_hour_.counts(now), now)};
    if (told_ == state) {
        return std::nullopt;
    }
    told_ = state;
    told_at_ = now;
    return state;
}

std::string describe(const slots::Decider& decider, const SlotTable& slots,
                     const LastHour::Counts& last_hour, MonoTime now) {
    std::vector<std::string> parts;
    if (decider.stopping()) {
        parts.emplace_back("stopping");
    }
    if (const std::string braked = braked_slots(decider, slots, now); !braked.empty()) {
        parts.push_back(braked + " braked");
    }
    if (decider.holding()) {
        parts.emplace_back(
            "recycle.memory is below what a warm worker needs, so it is not in force");
    }
    const Tally counts = tally(decider);
    std::vector<std::string> doing;
    for (std::size_t i = 0; i < k_doing.size(); ++i) {
        if (counts[i] > 0) {
            doing.push_back(std::to_string(counts[i]) + " " + k_doing[i]);
        }
    }
    parts.push_back(doing.empty() ? "0 serving" : text::joined(doing, ", "));
    if (const std::string ends = in_the_last_hour(last_hour); !ends.empty()) {
        parts.push_back(ends);
    }
    return text::joined(parts, "; ");
}

} // namespace recycler::controller
