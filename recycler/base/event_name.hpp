// SPDX-License-Identifier: MIT
// The names of all events that the daemon tells. The decider and the controller tell an event by
// its value here, so that none can be told that nobody knows; what the journal needs of each stands
// in recycler/events/event_kinds.hpp. The names are part of the interface (recyclerctl(1)): none
// ever changes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace recycler {

// A value is called like its event. A new one does not come last: the last one is counted on below.
// clang-format off
enum class EventName : std::uint8_t {
    ended, app_started, stopped, starting, started, ready, due, waiting, replacing, handed_over,
    replacement_failed, serving_the_rest, parking, draining, drained, gate_closed, gate_opened,
    stopping, slot_removed, child_died, more, uncontained, forbidden_call, braked, leaving_early,
    turned_away, serves_nobody, serves_again, holding, holding_ended, spare_starting, spare_ready,
    spare_taken, spare_failed, spare_unfit, spare_untried, trial_failed, policy_loaded,
    policy_refused, controller_replaced, upgraded, upgrade_failed, trouble, entries_lost,
};
// clang-format on
inline constexpr std::size_t k_event_count = static_cast<std::size_t>(EventName::entries_lost) + 1;

struct NamedEvent {
    EventName event;
    std::string_view name;
};

// clang-format off
inline constexpr std::array k_events{
    NamedEvent{EventName::ended, "ended"},
    NamedEvent{EventName::app_started, "app-started"},
    NamedEvent{EventName::stopped, "stopped"},
    NamedEvent{EventName::starting, "starting"},
    NamedEvent{EventName::started, "started"},
    NamedEvent{EventName::ready, "ready"},
    NamedEvent{EventName::due, "due"},
    NamedEvent{EventName::waiting, "waiting"},
    NamedEvent{EventName::replacing, "replacing"},
    NamedEvent{EventName::handed_over, "handed-over"},
    NamedEvent{EventName::replacement_failed, "replacement-failed"},
    NamedEvent{EventName::serving_the_rest, "serving-the-rest"},
    NamedEvent{EventName::parking, "parking"},
    NamedEvent{EventName::draining, "draining"},
    NamedEvent{EventName::drained, "drained"},
    NamedEvent{EventName::gate_closed, "gate-closed"},
    NamedEvent{EventName::gate_opened, "gate-opened"},
    NamedEvent{EventName::stopping, "stopping"},
    NamedEvent{EventName::slot_removed, "slot-removed"},
    NamedEvent{EventName::child_died, "child-died"},
    NamedEvent{EventName::more, "more"},
    NamedEvent{EventName::uncontained, "uncontained"},
    NamedEvent{EventName::forbidden_call, "forbidden-call"},
    NamedEvent{EventName::braked, "braked"},
    NamedEvent{EventName::leaving_early, "leaving-early"},
    NamedEvent{EventName::turned_away, "turned-away"},
    NamedEvent{EventName::serves_nobody, "serves-nobody"},
    NamedEvent{EventName::serves_again, "serves-again"},
    NamedEvent{EventName::holding, "holding"},
    NamedEvent{EventName::holding_ended, "holding-ended"},
    NamedEvent{EventName::spare_starting, "spare-starting"},
    NamedEvent{EventName::spare_ready, "spare-ready"},
    NamedEvent{EventName::spare_taken, "spare-taken"},
    NamedEvent{EventName::spare_failed, "spare-failed"},
    NamedEvent{EventName::spare_unfit, "spare-unfit"},
    NamedEvent{EventName::spare_untried, "spare-untried"},
    NamedEvent{EventName::trial_failed, "trial-failed"},
    NamedEvent{EventName::policy_loaded, "policy-loaded"},
    NamedEvent{EventName::policy_refused, "policy-refused"},
    NamedEvent{EventName::controller_replaced, "controller-replaced"},
    NamedEvent{EventName::upgraded, "upgraded"},
    NamedEvent{EventName::upgrade_failed, "upgrade-failed"},
    NamedEvent{EventName::trouble, "trouble"},
    NamedEvent{EventName::entries_lost, "entries-lost"},
};
// clang-format on

static_assert(k_events.size() == k_event_count &&
                  std::ranges::all_of(k_events,
                                      [](const NamedEvent& each) {
                                          return &each ==
                                                 &k_events[static_cast<std::size_t>(each.event)];
                                      }),
              "each event has one name, in the order of the values");

constexpr std::string_view to_string(EventName event) {
    return k_events[static_cast<std::size_t>(event)].name;
}

} // namespace recycler
