// SPDX-License-Identifier: MIT
// What is asked about spares.
#include "recycler/slots/ledger/ledger.hpp"
#include "recycler/slots/spares/spares.hpp"

namespace recycler::slots {

const Spare* Spares::find(std::uint32_t number) const {
    const auto found =
        std::ranges::find(spares_, number, [](const Spare& s) { return s.worker.id.generation; });
    return found == spares_.end() ? nullptr : &*found;
}

bool Spares::is_fit(std::uint32_t plan) const {
    return !unfit_ || unfit_->first != plan;
}

bool Spares::has_row() const {
    return spares_.size() + dead_.size() < LedgerSpares{}.spares.size();
}

bool Spares::wants_one(const SpareRules& rules) const {
    const bool waits = no_room_ && rules.now < no_room_->next;
    return living(spares_) < rules.wanted && is_fit(rules.plan) && !brake_.holds(rules.now) &&
           !waits && has_row();
}

const Spare* Spares::waiting(std::uint32_t plan) const {
    const auto found = std::ranges::find_if(spares_, [plan](const Spare& spare) {
        return is_ready(spare) && spare.worker.plan == plan;
    });
    return found == spares_.end() ? nullptr : &*found;
}

bool Spares::starting(std::uint32_t plan) const {
    return std::ranges::any_of(
        spares_, [plan](const Spare& spare) { return starts(spare) && spare.worker.plan == plan; });
}

bool Spares::ending() const {
    return std::ranges::any_of(spares_, is_ending);
}

std::string Spares::why_missing(const SpareRules& rules) const {
    if (living(spares_) >= rules.wanted) {
        return {};
    }
    if (!is_fit(rules.plan)) {
        return unfit_->second;
    }
    if (brake_.holds(rules.now)) {
        return "it waits for the brake: spares keep ending (`recyclerctl why spare` says why)";
    }
    return no_room_
               ? "it waits for memory for one more worker (memory.app_max, or what the machine has)"
               : "";
}

std::optional<MonoTime> Spares::next_deadline(const SpareRules& rules) const {
    std::optional<MonoTime> next;
    const auto consider = [&next](std::optional<MonoTime> at) {
        next = at && (!next || *at < *next) ? at : next;
    };
    for (const Spare& spare : spares_) {
        if (const auto* starting = std::get_if<SpareStarting>(&spare.phase)) {
            consider(starting->looks.next);
            consider(starting->give_up_at);
        } else if (const auto* ending = std::get_if<SpareEnding>(&spare.phase)) {
            consider(ending->kill_again_at);
        } else {
            consider(spare.worker.sample_at);
            consider(ages_at(spare, rules.policy));
        }
    }
    if (living(spares_) < rules.wanted && is_fit(rules.plan)) {
        consider(brake_.holds(rules.now));
        consider(no_room_ && no_room_->next > rules.now ? std::optional(no_room_->next)
                                                        : std::nullopt);
    }
    return next;
}

} // namespace recycler::slots
