// SPDX-License-Identifier: MIT
// Why a recycle is due. Shared by the decider, which decides it, and the death records, which tell
// it; the names are part of the interface (`status --json`, `why --json`, the journal field
// RECYCLER_TRIGGER).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace recycler {

// The numbers stand in the ledger, which controllers of other versions read: none ever moves, and a
// new trigger takes the next one.
enum class Trigger : std::uint8_t {
    memory = 0,
    requests = 1,
    age = 2,
    hung = 3,
    operator_ = 4,
    policy = 5,
    listener = 6, // its worker cannot be reached through it, or no other can be put beside it
    stuck = 7,    // it serves nobody and takes nobody, while connections wait for it
};

// What a trigger or a verdict is called whose number a controller of a later version has written
// down and this one does not know.
inline constexpr std::string_view k_of_a_later_version = "of-a-later-version";

constexpr std::string_view to_string(Trigger trigger) {
    switch (trigger) {
    case Trigger::memory:
        return "memory";
    case Trigger::requests:
        return "requests";
    case Trigger::age:
        return "age";
    case Trigger::hung:
        return "hung";
    case Trigger::operator_:
        return "operator";
    case Trigger::policy:
        return "policy";
    case Trigger::listener:
        return "listener";
    case Trigger::stuck:
        return "stuck";
    }
    return k_of_a_later_version;
}

// The ledger counts so many.
inline constexpr std::size_t k_most_triggers = 32;

// All that have a name, by their numbers: a trigger that was given none is missing here.
inline constexpr auto k_triggers = [] {
    constexpr auto is_named = [](std::size_t code) {
        return to_string(static_cast<Trigger>(code)) != k_of_a_later_version;
    };
    constexpr std::size_t count = [is_named] {
        std::size_t named = 0;
        for (std::size_t code = 0; code < k_most_triggers; ++code) {
            named += is_named(code) ? 1 : 0;
        }
        return named;
    }();
    std::array<Trigger, count> all{};
    for (std::size_t code = 0, next = 0; code < k_most_triggers; ++code) {
        if (is_named(code)) {
            all[next++] = static_cast<Trigger>(code);
        }
    }
    return all;
}();

} // namespace recycler
