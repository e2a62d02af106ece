// SPDX-License-Identifier: MIT
// The table of all keys of a policy file, in the order of recycler.toml(5): how each is read, and
// what a change of it touches. A new key is one row here, one field in policy.hpp and one entry in
// the manual.
#pragma once

#include "policies/policy.hpp"

#include <functional>
#include <string_view>

namespace policies {

namespace parsing {
struct Value;
}

// What a change of a key's value touches: the set of slots, the workers (they must be recycled),
// nothing that runs (it applies at once), or the daemon itself (it must be started anew).
enum class Effect { addresses, workers, settings, daemon };

struct Key {
    std::string_view name; // "section.key"
    Effect effect = Effect::settings;
    // Reads the value into the draft that it carries.
    std::function<void(const parsing::Value&)> read;
    // The key means the same in both. Always so for Effect::addresses: addresses are compared one
    // by one.
    std::function<bool(const Policy&, const Policy&)> same;
};

const std::vector<Key>& keys();

} // namespace policies
