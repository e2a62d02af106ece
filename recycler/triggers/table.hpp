// SPDX-License-Identifier: MIT
// All triggers, a row each: what kind of reason it is, and by which rule a sample shows it. Their
// numbers and names stand in recycler/base/trigger.hpp. The decider walks this table after each
// sample, so it does that at compile time: a rule costs no more than if it were called by hand.
#pragma once

#include "recycler/base/trigger.hpp"
#include "recycler/triggers/age.hpp"
#include "recycler/triggers/hung.hpp"
#include "recycler/triggers/memory.hpp"
#include "recycler/triggers/requests.hpp"
#include "recycler/triggers/stuck.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace recycler::triggers {

// In this order: which takes the place of another one that has not been taken up yet. What may
// still pass by itself gives way to what was measured, that to what a person asked for, and that
// (which ends when a replacement fails) to what the policy demands.
enum class Reason {
    useless, // it lives, and is of no use any more: it is not brought to its end but ended
    measured,
    asked,
    demanded,
};

struct Row {
    Trigger trigger;
    Reason reason;
    std::optional<Rule> rule;
};

// No sample shows it: an operator, a changed policy or a failed listener brings it about.
inline constexpr std::nullopt_t k_no_rule = std::nullopt;

// If several come with one sample, the first of a reason is named.
inline constexpr std::array k_table{
    Row{Trigger::hung, Reason::useless, Rule{"recycle.hung", hung_due, hung_next_look}},
    Row{Trigger::stuck, Reason::useless, Rule{"recycle.stuck", stuck_due, stuck_next_look}},
    Row{Trigger::memory, Reason::measured, Rule{"recycle.memory", memory_due, memory_next_look}},
    Row{Trigger::requests, Reason::measured,
        Rule{"recycle.requests", requests_due, requests_next_look}},
    Row{Trigger::age, Reason::measured, Rule{"recycle.age", age_due, age_next_look}},
    Row{Trigger::listener, Reason::measured, k_no_rule},
    Row{Trigger::operator_, Reason::asked, k_no_rule},
    Row{Trigger::policy, Reason::demanded, k_no_rule},
};

static_assert(k_table.size() == k_triggers.size() &&
                  std::ranges::all_of(k_triggers,
                                      [](Trigger trigger) {
                                          return std::ranges::count(k_table, trigger,
                                                                    &Row::trigger) == 1;
                                      }),
              "each trigger of recycler/base/trigger.hpp has one row");
static_assert(std::ranges::all_of(k_table,
                                  [](const Row& row) {
                                      return !row.rule || !row.rule->key.empty();
                                  }),
              "each rule has a key");

// Of one of a later version, which stands in the ledger: none takes its place.
constexpr Reason reason_of(Trigger trigger) {
    const auto* const row = std::ranges::find(k_table, trigger, &Row::trigger);
    return row == k_table.end() ? Reason::demanded : row->reason;
}

// One row at compile time: what is called for it stands where it is called, as by hand.
template <Reason reason, std::size_t row>
bool is_due(const Facts& facts) {
    if constexpr (k_table[row].reason == reason && k_table[row].rule) {
        return k_table[row].rule->due(facts);
    }
    return false;
}

template <Reason reason, std::size_t row>
void look_in_time(std::optional<Duration>& next, const Facts& facts) {
    if constexpr (k_table[row].reason == reason && k_table[row].rule) {
        const auto wanted = k_table[row].rule->next_look(facts);
        next = wanted && (!next || *wanted < *next) ? wanted : next;
    }
}

// nullopt: none of this reason has come, or nobody can say.
template <Reason reason>
[[nodiscard]] std::optional<Trigger> first_due(const Facts& facts) {
    return [&]<std::size_t... row>(std::index_sequence<row...>) {
        std::optional<Trigger> found;
        (void)((is_due<reason, row>(facts) && (found = k_table[row].trigger)) || ...);
        return found;
    }
    (std::make_index_sequence<k_table.size()>());
}

// When those of one reason need the next look; nullopt: they need none.
template <Reason reason>
[[nodiscard]] std::optional<Duration> next_look(const Facts& facts) {
    return [&]<std::size_t... row>(std::index_sequence<row...>) {
        std::optional<Duration> next;
        (look_in_time<reason, row>(next, facts), ...);
        return next;
    }
    (std::make_index_sequence<k_table.size()>());
}

} // namespace recycler::triggers
