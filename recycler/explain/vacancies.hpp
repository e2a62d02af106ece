// SPDX-License-Identifier: MIT
// When a slot had no worker that serves, and why: a start failed, the brake held the next one, or
// the worker was being replaced. Connections that come then wait in its queue, unless its gate is
// closed. Found from what was told of its workers. Pure.
#pragma once

#include "recycler/explain/known_slots.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace recycler::explain {

enum class VacantFor {
    start,   // the worker was starting: the first one, or the next one after a death
    failing, // a start had failed, and the next one was not ready yet
    brake,   // the brake held the next start
    recycle, // the worker was being replaced: a trigger says what for
};

// A worker that ended before it was ready, or that could not be started.
struct FailedStart {
    std::uint32_t generation = 0;
    WallTime at;
    std::string verdict; // of recycler-deaths(7)
    std::string sentence;
};

struct Vacancy {
    SlotIndex slot = 0;
    WallTime from;
    WallTime until = WallTime::max(); // max(): still
    VacantFor what_for = VacantFor::start;
    std::string trigger{};               // of a recycle
    std::optional<FailedStart> failed{}; // the last one before, since somebody served
};

// One thing that was told of a worker.
struct SlotStep {
    enum class Kind { starting, ready, stopping, ended, start_failed, braked, removed };
    WallTime at;
    SlotIndex slot = 0;
    Kind kind = Kind::starting;
    std::uint32_t generation = 0;
    std::string trigger{}; // of stopping
    FailedStart end{};     // of ended and start_failed
};

// `until` says when the daemon ended that ran at a time: what was open then is over.
std::vector<Vacancy> find_vacancies(std::vector<SlotStep> steps,
                                    const std::function<WallTime(SlotIndex, WallTime)>& until);

} // namespace recycler::explain
