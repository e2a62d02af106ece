// SPDX-License-Identifier: MIT
// What the decider tells: answers to operators, news for people, and what has come to its end.
#pragma once

#include "recycler/base/event_name.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/base/trigger.hpp"
#include "recycler/slots/requested.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::slots {

enum class Outcome { done, refused, timed_out };

// The answer to one operator call; `reason` is a sentence when it was not done.
struct Reply {
    RequestId request = 0;
    Outcome outcome = Outcome::done;
    std::string reason{};
    std::optional<SlotId> slot{};     // refused because of that one
    std::optional<WorkerId> failed{}; // its replacement, whose record will say why
};

// Something worth telling people.
struct Announce {
    EventName name;
    SlotId slot;
    std::uint32_t generation = 0; // 0: the slot as such
    std::optional<Trigger> trigger;
    std::string text{};
    std::uint32_t count = 0;             // of requests that are lost by it
    std::vector<std::string> requests{}; // some of them: "POST /pay"
};

// Something that somebody should see and act on, told once.
struct Warn {
    EventName name;
    std::string text;
    std::optional<std::uint64_t> count{}; // of requests that were lost meanwhile
};

// The slot left the policy and its last worker is recorded. Its name may come back: generations go
// on at `next_generation`.
struct SlotGone {
    SlotId slot;
    std::uint32_t next_generation = 1;
};

// Every worker has ended and is recorded: let the daemon end.
struct Finish {};

} // namespace recycler::slots
