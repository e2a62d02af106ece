// SPDX-License-Identifier: MIT
// Inside recycler/control only: JSON to the model, each value as its type and its description say.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/json/value.hpp"

#include <chrono>

namespace recycler::control {

// The names of an enumeration begin with that of its value 0 and have no gap.
template <typename Enum>
requires std::is_enum_v<Enum>
void read(const Json& value, Enum& into, Fault& fault) {
    if (value.is_string()) {
        const auto& word = value.get_ref<const std::string&>();
        for (int i = 0; !to_string(static_cast<Enum>(i)).empty(); ++i) {
            if (to_string(static_cast<Enum>(i)) == word) {
                into = static_cast<Enum>(i);
                return;
            }
        }
    }
    fault.set("is not a name of the interface");
}

template <typename T>
void read_as(const Json& object, const char* name, std::optional<T>& into, AsTyped /*how*/,
             Fault& fault) {
    read_member(object, name, into, fault);
}
template <typename T>
void read_as(const Json& object, const char* name, std::optional<std::vector<T>>& into,
             Bounded /*how*/, Fault& fault) {
    read_member(object, name, into, fault);
}
inline void read_as(const Json& object, const char* name, std::optional<std::string>& into,
                    Uncut /*how*/, Fault& fault) {
    read_member(object, name, into, fault);
}
inline void read_as(const Json& object, const char* name, std::optional<Duration>& into,
                    Milliseconds /*how*/, Fault& fault) {
    std::optional<std::uint32_t> count;
    read_member(object, name, count, fault);
    if (count) {
        into = std::chrono::milliseconds{*count};
    }
}
template <typename Enum>
void read_as(const Json& object, const char* name, std::optional<Enum>& into,
             const Flag<Enum>& flag, Fault& fault) {
    std::optional<bool> truth;
    read_member(object, name, truth, fault);
    if (truth) {
        into = *truth ? flag.yes : flag.no;
    }
}

// Reads the members of an object as they are described, until something is wrong.
struct MemberReader {
    const Json& object;
    Fault& fault;
    template <typename T, typename How>
    void operator()(const char* name, T& into, const How& how, Presence presence) {
        if constexpr (k_is_optional<T>) {
            read_as(object, name, into, how, fault);
        } else {
            if constexpr (!k_is_flag<How>) {
                if (presence == Presence::always) {
                    read_member(object, name, into, fault);
                    return;
                }
            }
            std::optional<T> given;
            read_as(object, name, given, how, fault);
            if (given) {
                into = *std::move(given);
            }
        }
    }
};

template <HasMembers T>
void read(const Json& value, T& into, Fault& fault) {
    if (!value.is_object()) {
        fault.set("is not an object");
        return;
    }
    each_member(into, MemberReader{value, fault});
}

} // namespace recycler::control
