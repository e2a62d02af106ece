// Why a recycle is due. Shared by the fleet, which decides it, and the death records, which tell
// it; the names are part of the interface (`status --json`, `why --json`, the journal field
// RECYCLER_TRIGGER).
#pragma once

#include <array>
#include <string_view>

namespace recycler {

enum class Trigger { memory, requests, age, hung, operator_, policy };

inline constexpr std::array k_triggers{Trigger::memory, Trigger::requests,  Trigger::age,
                                       Trigger::hung,   Trigger::operator_, Trigger::policy};

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
    }
    return {};
}

} // namespace recycler
