// SPDX-License-Identifier: MIT
// From evidence to one verdict, with a sentence for a person, what to do next, and the proof as a
// list. Pure: the same evidence gives the same words. Knows no file, no clock and no journal;
// recycler-deaths(7) tells its rules to users.
#pragma once

#include "recycler/death/evidence.hpp"
#include "recycler/death/verdict.hpp"

#include <string>
#include <vector>

namespace recycler::death {

// One thing that was looked at: "memory.events oom_kill" = "1". What could not be learned says
// "unknown".
struct Fact {
    std::string name;
    std::string value;
    bool operator==(const Fact&) const = default;
};

// A worker that ended before it was ready, without being told to, failed to start, whatever the
// verdict says it died of.
enum class Kind { end, start_failure };
constexpr std::string_view to_string(Kind kind) {
    return kind == Kind::end ? "end" : "start-failure";
}

struct Explanation {
    Verdict verdict = Verdict::unknown;
    Kind kind = Kind::end;
    std::optional<std::string> cause; // see cause.hpp; one line, printable
    std::optional<Trigger>
        trigger; // of the order that was under way, also when the worker died of something else
    std::string sentence;            // what happened, and the proof; one line, printable
    std::optional<std::string> next; // what to do about it, likewise; none: nothing
    std::vector<Fact> evidence;
};

Explanation explain(const Evidence& evidence);

} // namespace recycler::death
