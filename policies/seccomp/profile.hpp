// SPDX-License-Identifier: MIT
// A seccomp profile: what becomes of each system call, as plain values. read.hpp makes it of the
// OCI runtime-spec's JSON, recycler/worker makes a filter of it. Knows no numbers of calls.
#pragma once

#include "policies/parsing/document.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace policies::seccomp {

using parsing::Position;

// From the mildest to the strictest. `kill_thread` ends the calling thread alone.
enum class Deed { allow, log, answer, trap, kill_thread, kill_process };

struct Action {
    Deed deed = Deed::allow;
    std::uint16_t error = 0; // what `answer` answers: an errno
    bool operator==(const Action&) const = default;
};

enum class Comparison {
    not_equal,
    less,
    less_or_equal,
    equal,
    greater_or_equal,
    greater,
    masked_equal // argument & value == second
};

struct Condition {
    std::uint32_t argument = 0; // 0 to 5
    Comparison comparison = Comparison::equal;
    std::uint64_t value = 0;
    std::uint64_t second = 0;
    bool operator==(const Condition&) const = default;
};

struct Call {
    std::string name;
    Position at;
    bool operator==(const Call&) const = default;
};

// Without conditions it is about every use of its calls; else about those that meet all of them.
struct Rule {
    std::vector<Call> calls;
    Action action;
    std::vector<Condition> conditions;
    bool operator==(const Rule&) const = default;
};

struct Profile {
    Action otherwise;                       // for calls that no rule is about
    Action foreign{Deed::kill_process};     // for calls of all other architectures
    std::vector<std::string> architectures; // besides the machine's own: "SCMP_ARCH_X86", ...
    std::vector<Rule> rules;
    bool logs = false;              // SECCOMP_FILTER_FLAG_LOG: answers are logged, too
    bool speculates = false;        // SECCOMP_FILTER_FLAG_SPEC_ALLOW
    std::vector<std::string> notes; // what was left out of it, for people
    bool operator==(const Profile&) const = default;
};

} // namespace policies::seccomp
