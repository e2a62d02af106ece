// SPDX-License-Identifier: MIT
// How a struct is described, once: Described<Struct> lists its members under the names of the
// contract. Its JSON is written and read from that list, and so is the type that the interface
// declares in Varlink's language. Knows nothing of JSON.
#pragma once

#include "recycler/control/contract/member.hpp"

#include <optional>
#include <type_traits>

namespace recycler::control {

// What a specialisation has:
//   members          list(Member{...}, ...): each of the struct, in its order
//   name             of a type, error or method in the interface; a type without one is spelt out
//   in place about            the comment above it there, if it needs one is_open          true: it
//   carries further members, which its own code writes and reads Reply, needs     of a method: the
//   type of its answer, the role that may call it needs_more(call) of a method, if there are calls
//   of it that can only be answered as a stream
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
