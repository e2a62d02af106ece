// SPDX-License-Identifier: MIT
// One member of a struct as it is sent: its name in the contract, where it is, and how it stands
// in JSON; and a list of them.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace recycler::control {

// How a member stands in JSON, beyond what its type says.
struct AsTyped {};
struct Bounded {};      // a list: its first k_longest_list
struct Uncut {};        // a text: longer than k_longest_text if need be
struct Milliseconds {}; // a duration: a whole number, rounded up
// An enumeration of two: true or false.
template <typename Enum>
struct Flag {
    Enum yes;
    Enum no;
};
template <typename Enum>
Flag(Enum, Enum) -> Flag<Enum>;

// always: it is written, and must be there; an optional is null where it has no value, and need
//   not be there.
// may_lack: it is written, and keeps its default where it is null or not there.
// if_set: the same, but it is written behind all others, and only where it is not empty.
enum class Presence { always, may_lack, if_set };

template <typename Struct, typename Value, typename How = AsTyped>
struct Member {
    using Type = Value;
    const char* name;
    Value Struct::*at;
    How how{};
    Presence presence = Presence::always;
};
// clang before 17 does not deduce the arguments of aggregates by itself.
template <typename Struct, typename Value>
Member(const char*, Value Struct::*) -> Member<Struct, Value>;
template <typename Struct, typename Value, typename How>
Member(const char*, Value Struct::*, How) -> Member<Struct, Value, How>;
template <typename Struct, typename Value, typename How>
Member(const char*, Value Struct::*, How, Presence) -> Member<Struct, Value, How>;

// A list of Member, in the order of the struct. Much cheaper to compile than a tuple.
template <std::size_t, typename Member>
struct MemberAt {
    Member member;
};
template <typename Places, typename... All>
struct MemberList;
template <std::size_t... places, typename... All>
struct MemberList<std::index_sequence<places...>, All...> : MemberAt<places, All>... {
    // Calls `visit` with the name, the value, and how it stands in JSON, of each.
    template <typename Struct, typename Visitor>
    constexpr void visit(Struct& object, Visitor&& visitor) const {
        (visitor(MemberAt<places, All>::member.name, object.*MemberAt<places, All>::member.at,
                 MemberAt<places, All>::member.how, MemberAt<places, All>::member.presence),
         ...);
    }
    [[nodiscard]] constexpr bool has([[maybe_unused]] std::string_view name) const {
        return ((MemberAt<places, All>::member.name == name) || ...);
    }
    [[nodiscard]] constexpr bool has([[maybe_unused]] Presence presence) const {
        return ((MemberAt<places, All>::member.presence == presence) || ...);
    }
};
template <typename... All>
constexpr auto list(All... all) {
    return MemberList<std::index_sequence_for<All...>, All...>{{all}...};
}

template <typename How>
inline constexpr bool k_is_flag = false;
template <typename Enum>
inline constexpr bool k_is_flag<Flag<Enum>> = true;

} // namespace recycler::control
