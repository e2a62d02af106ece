// SPDX-License-Identifier: MIT
// The closed list of kinds of events that the daemon tells, with what the journal needs of each:
// the MESSAGE_ID of its catalog entry, how much of a person's attention it wants, and the words of
// its message. Ids never change: people match on them. Knows not how an event is kept.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/events/event_kind.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace recycler::events {

// clang-format off
// The kinds of the one event `ended`.
inline constexpr EventKind k_worker_died{EventName::ended, "836fed538245471b8c789393f3b767ea", Urgency::warning, ""};
inline constexpr EventKind k_worker_not_started{EventName::ended, "c1376a9e8b2a4b87b8508c8d5eba7648", Urgency::error, ""};
inline constexpr EventKind k_worker_retired{EventName::ended, "beabf761e1ae490782976a95a037da38", Urgency::notice, ""};

inline constexpr std::array k_event_kinds{
    k_worker_died, k_worker_not_started, k_worker_retired,
    EventKind{EventName::app_started, "accb0f2ea5d94f82a77793005916844d", Urgency::notice, "starts"},
    EventKind{EventName::stopped, "9bb5bbbc7a0d46c5868a04ec3a39fa35", Urgency::notice,
              "has stopped: all workers have ended"},
    EventKind{EventName::starting, "f8fc56264edf4491ac671ddfe547be79", Urgency::info, "is being started"},
    EventKind{EventName::started, "ba87bdf9cda2410185a0214a7c153a92", Urgency::info, "runs"},
    EventKind{EventName::ready, "da7e4159a4e84ab3bbf86ca291e0bae8", Urgency::info, "is ready"},
    EventKind{EventName::due, "7a50127c07154061a938605eb883de2b", Urgency::info, "is due to be recycled"},
    EventKind{EventName::waiting, "11cb254cb1cf448e8eecda9dfbbef624", Urgency::warning,
              "is due to be recycled, but cannot be recycled"},
    EventKind{EventName::replacing, "de71f30d9fcb404792c256369d5f90dc", Urgency::info,
              "is being replaced: its successor starts beside it"},
    EventKind{EventName::handed_over, "b6f3454fa5fc46bd9c2efa7ad7255d37", Urgency::info, "has taken over"},
    EventKind{EventName::replacement_failed, "b9ce74ec393b428fb83363f1d048cbc8", Urgency::notice,
              "could not be replaced"},
    EventKind{EventName::serving_the_rest, "515eb01bdeff4eb591f1884eb8cb07d4", Urgency::notice,
              "is served by one more worker"},
    EventKind{EventName::parking, "2643a178699742c39b0069f88aef53de", Urgency::info, "parks"},
    EventKind{EventName::draining, "e19b813663a349638104eb19290557cd", Urgency::info, "drains"},
    EventKind{EventName::drained, "be790baf9ab3417d98a9012155016f43", Urgency::notice, "is drained"},
    EventKind{EventName::gate_closed, "0443f71fe06c4f0b98c8326a61a9b0b4", Urgency::info, "refuses new connections"},
    EventKind{EventName::gate_opened, "b3c269e0a7f94c4d8aa85682e6c61d1c", Urgency::info, "takes connections again"},
    EventKind{EventName::stopping, "e53fb1430a614b7caea4c079d0297c75", Urgency::info, "is being stopped"},
    EventKind{EventName::slot_removed, "1ba862b8f3914b30bca50b5e0ddb04cf", Urgency::notice,
              "has left the policy and is gone"},
    EventKind{EventName::child_died, "380a000464dd465a8359d4b9896c4966", Urgency::notice, "has lost a child process"},
    EventKind{EventName::more, "6c3b0d1f7a2e4c5b9d8e41f0a7b26c35", Urgency::notice, "caused more events than the log shows"},
    EventKind{EventName::uncontained, "32606105f55045109b230d92836b22fd", Urgency::warning,
              "was outside of its cgroup"},
    EventKind{EventName::forbidden_call, "5f0b3e0a6b5c4f0e9c1d7a42e8b6d913", Urgency::notice,
              "made a call that its profile on trial forbids"},
    EventKind{EventName::braked, "86b7feeab1be4937b263551fdafc3f6b", Urgency::error, "is braked"},
    EventKind{EventName::leaving_early, "4c1f0d9be7a94b3a8e52d6f17a90c3b4", Urgency::warning,
              "was the last of several workers that left early"},
    EventKind{EventName::turned_away, "0d3c6f1be8a54b7f9a2e57c4d18b60f3", Urgency::warning, "had to turn requests away"},
    EventKind{EventName::serves_nobody, "b7e1d94c20f84e6c8f53a6c07d912e4a", Urgency::error, "serves nobody"},
    EventKind{EventName::serves_again, "5a90f2c7d3e14c0b9b86e4f17c2d38a5", Urgency::notice, "serves again"},
    EventKind{EventName::holding, "adf97a826f684513a9df2f46ec77ab58", Urgency::warning,
              "retires no worker at recycle.memory for now"},
    EventKind{EventName::holding_ended, "bc9cef521af248c199bcde48ca41417b", Urgency::notice,
              "retires workers at recycle.memory again"},
    EventKind{EventName::spare_starting, "135415b93be94dcc899d28b6f340e094", Urgency::info,
              "is being started, to wait for a slot"},
    EventKind{EventName::spare_ready, "4c429e136aaa4917a3adb0a172837f6c", Urgency::info,
              "waits for a slot"},
    EventKind{EventName::spare_taken, "261c4d4bd1ab4c79b11b68f395e5fd4d", Urgency::info,
              "takes its slot at once, as a spare that has booted"},
    EventKind{EventName::spare_failed, "5a8bad3497074716b2dfce346f56fea5", Urgency::warning,
              "fails as a spare"},
    EventKind{EventName::spare_unfit, "f3252f0475a345e99ac43760c377b18f", Urgency::warning,
              "cannot wait for a slot"},
    EventKind{EventName::spare_untried, "762f2dc4bacd4d598e3fc42ba0ee688c", Urgency::notice,
              "was not tried before all workers are replaced"},
    EventKind{EventName::trial_failed, "91c9619d6e644c928d7ad69444bcbdbb", Urgency::error,
              "was tried before all workers were to be replaced, and did not become ready"},
    EventKind{EventName::policy_loaded, "78ee127d422e43c8a3018f6a8672b77a", Urgency::notice, "has loaded its policy"},
    EventKind{EventName::policy_refused, "74533e161c8b4af6bbaf167275c5e145", Urgency::warning,
              "refuses the changed policy; the old one stays in force"},
    EventKind{EventName::controller_replaced, "00952f985532417b82ef0313b273cae8", Urgency::warning,
              "has a new controller: the last one has ended"},
    EventKind{EventName::upgraded, "779d4a67c7fc475488913c20a9485ad1", Urgency::notice,
              "has a new controller: the program that was installed last"},
    EventKind{EventName::upgrade_failed, "d3d403907b8d46278dbcd517305630ae", Urgency::error,
              "goes on with its old controller"},
    EventKind{EventName::trouble, "69384d1d05e544daa2cc94ae675537f4", Urgency::warning, "has trouble"},
    EventKind{EventName::entries_lost, "234207e756a84f69a614287bda07558e", Urgency::warning,
              "has lost entries of this journal"},
};
// clang-format on

static_assert(std::ranges::all_of(k_events,
                                  [](const NamedEvent& named) {
                                      const auto rows = std::ranges::count(
                                          k_event_kinds, named.event, &EventKind::event);
                                      return rows == (named.event == EventName::ended ? 3 : 1);
                                  }),
              "each event has one row, and the end of a worker three");

// Of an event that is no end of a worker; nullptr: no such event is known.
[[nodiscard]] const EventKind* kind_of(const control::EventLine& line);
// Of the end of a worker: it should not have ended, could not be started, or was meant to end.
[[nodiscard]] const EventKind& kind_of(const control::Record& record);

// The text or number of that name that comes with an event.
[[nodiscard]] std::optional<std::string> member(const control::EventLine& line,
                                                std::string_view name);

// One sentence, or a few lines, for people: "7012.3 is due to be recycled (memory)". `app` stands
// for what has no slot.
[[nodiscard]] std::string in_words(const control::EventLine& line, std::string_view app);

// The event that the end of a worker is: what `events` shows of a record.
[[nodiscard]] control::EventLine ended(const control::Record& record);

} // namespace recycler::events
