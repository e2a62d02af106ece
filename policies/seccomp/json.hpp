// SPDX-License-Identifier: MIT
// A JSON document as a plain tree in which everything has its place. The only door to the JSON
// library in policies/. Knows nothing of profiles.
#pragma once

#include "policies/parsing/document.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace policies::seccomp {

using parsing::Position;

struct Json;
struct Member;

using JsonList = std::vector<Json>;
// In the order of the text; a name may stand in it twice.
using JsonObject = std::vector<Member>;
struct Null {};
// Below zero, broken, or larger than 64 bits hold: no key takes one.
struct OtherNumber {};

struct Json {
    Position at;
    std::variant<Null, bool, std::uint64_t, OtherNumber, std::string, JsonList, JsonObject> value;
};

struct Member {
    Position at; // of the name
    std::string name;
    Json json;
};

// Deeper ones are refused; a profile has five levels.
inline constexpr std::size_t k_deepest_json = 16;

// The tree, or the first place where it is no JSON. Any bytes will do.
std::variant<Json, Fault> read_json(std::string_view text);

} // namespace policies::seccomp
