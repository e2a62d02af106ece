// SPDX-License-Identifier: MIT
// What a trigger's rule looks like: facts of one worker in; whether it is due, and when to look
// again, out. Knows no slots, no budget, and no state of a worker but what was measured of it.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/triggers/growth/trend.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace recycler::triggers {

// What a look at a worker has shown. For how long: `running`: the oldest request in flight has run;
// `unserved`: connections have waited in its queue, and it took none and served nobody. None when
// it is otherwise, or not known.
struct WorkerSampled {
    recycler::WorkerId worker;
    Sample sample;
    std::optional<Duration> running{};
    std::optional<Duration> unserved{};
};

// What a rule may ask about, of a worker that has just been sampled. Only refers to what others
// hold.
struct Facts {
    const policies::Policy& policy;
    const WorkerSampled& seen;
    const Trend& trend; // with the sample
    Duration age{};     // since it was launched
    // What it is due for memory at; none: at nothing. It is recycle.memory, or what has been learnt
    // about that (slots/due/storm.hpp).
    std::optional<Bytes> memory_limit{};
    std::size_t workers = 1; // of the app: they share the time for looking
};

// `key` of the policy sets the limit. `next_look`: from the sample to the next one, at the latest;
// nullopt: this trigger needs none. References when it is made, because none may be left out.
struct Rule {
    using Due = bool(const Facts&);
    using NextLook = std::optional<Duration>(const Facts&);

    constexpr Rule(std::string_view of_policy, Due& whether, NextLook& when)
        : key(of_policy), due(&whether), next_look(&when) {}

    std::string_view key;
    Due* due;
    NextLook* next_look;
};

} // namespace recycler::triggers
