// SPDX-License-Identifier: MIT
// From the text of a policy file to a Policy, or to every fault in it at once, each with its place.
// Reads no file and asks nothing of the machine: what it must know of it comes in as Host. Users
// and groups are not looked up here.
#pragma once

#include "policies/policy.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace policies {

// What the parser must know of the machine. `ram`: what "50%" in [memory] is a part of; 0 where it
// is not known.
struct Host {
    Bytes ram;
};

// One thing wrong with a policy. Lines and columns count from 1, columns in characters. `key` is
// the full name ("recycle.memory"), empty where no key can be named (broken TOML). `suggestion` may
// be empty.
struct Fault {
    int line = 1;
    int column = 1;
    std::string key = {};
    std::string reason = {};
    std::string suggestion = {};
    bool operator==(const Fault&) const = default;
};

// Longer texts are refused: no policy needs it, and it bounds what a stray file can cost.
constexpr std::size_t k_longest_policy = 1 << 20;

// Parses the whole schema of recycler.toml(5). `stem` is the file's name without folder and
// ".toml", the default of app.name. Faults come in the order of the text, and there is at least
// one. Any bytes will do: nothing throws.
std::variant<Policy, std::vector<Fault>> parse(std::string_view text, std::string_view stem,
                                               const Host& host);

// The faults as a compiler prints them: one block each, with the line shown and the place marked.
// `file` is what to call the file, `text` what was parsed. Whatever bytes these hold, the result is
// printable.
std::string render(const std::vector<Fault>& faults, std::string_view file, std::string_view text);

} // namespace policies
