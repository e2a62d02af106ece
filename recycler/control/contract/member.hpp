// SPDX-License-Identifier: MIT
// How a struct is described, once: Described<Struct> lists its members under the names of the
// contract, and from that list its JSON is written and read and its type is told in Varlink's
// language. Knows nothing of JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
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

// always: it is written, and must be there; an optional is null where it has no value, and may
// lack. may_lack: it is written, and keeps its default where it lacks or is null. if_set: the same,
// but it is written behind all others, and only where it is not its default.
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

// What a specialisation has:
//   members          list(Member{...}, ...): each of the struct, in its order
//   name             of a type, error or method in the interface; a type without is told in place
//   about            the comment above it there, if it needs one
//   is_open          true: it carries further members, which its own code writes and reads
//   Reply, needs     of a method: the type of its answer, the role that may call it
//   needs_more(call) of a method, if there are calls of it that can only be answered as a stream
template <typename Struct>
struct Described;

template <typename Struct>
concept HasMembers = requires {
    Described<Struct>::members;
};
template <typename Struct>
concept HasName = requires {
    Described<Struct>::name;
};
template <typename Struct>
concept IsOpen = requires {
    Described<Struct>::is_open;
};

template <typename How>
inline constexpr bool k_is_flag = false;
template <typename Enum>
inline constexpr bool k_is_flag<Flag<Enum>> = true;
template <typename T>
inline constexpr bool k_is_optional = false;
template <typename T>
inline constexpr bool k_is_optional<std::optional<T>> = true;

// Whether these are all members that the struct has, in its order: a value for each of them makes
// one, and there is no room for another.
template <typename Struct, typename Places, typename... All>
consteval bool tells_all(const MemberList<Places, All...>& /*members*/) {
    constexpr bool k_fit = requires(typename All::Type... value) {
        Struct{value...};
    };
    constexpr bool k_room = requires(typename All::Type... value) {
        Struct{value..., {}};
    };
    return k_fit && !k_room;
}

template <typename Struct, typename Visitor>
constexpr void each_member(Struct& object, Visitor&& visitor) {
    using Type = Described<std::remove_const_t<Struct>>;
    static_assert(IsOpen<std::remove_const_t<Struct>> ||
                      tells_all<std::remove_const_t<Struct>>(Type::members),
                  "a member is not described, or not at its place");
    Type::members.visit(object, visitor);
}

} // namespace recycler::control
