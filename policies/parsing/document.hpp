// SPDX-License-Identifier: MIT
// A TOML document as a plain tree in which everything has its place. The only door to toml++: no
// other file includes it. Knows nothing of the keys of a policy.
#pragma once

#include "policies/parse.hpp"

#include <cstdint>
#include <set>

namespace policies::parsing {

// Counts from 1; columns in characters.
struct Position {
    int line = 1;
    int column = 1;
    auto operator<=>(const Position&) const = default;
};

struct Entry;

using List = std::vector<struct Node>;
// In the order of the text.
using Table = std::vector<Entry>;
// TOML dates and times: no key takes one.
struct Moment {};

struct Node {
    Position at;
    std::variant<std::string, std::int64_t, double, bool, Moment, List, Table> value;
};

struct Entry {
    Position at; // of the key
    std::string key;
    Node node;
};

// `faults`: where it is not TOML. A broken `key = value` line is left out and the rest is read, so
// that one slip does not hide the others; the keys left out are in `broken`, without their
// sections.
struct Document {
    Table root;
    std::vector<Fault> faults;
    std::set<std::string, std::less<>> broken;
};

Document read_document(std::string_view text);

} // namespace policies::parsing
