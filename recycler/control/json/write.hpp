// SPDX-License-Identifier: MIT
// Inside recycler/control only: values of the model to JSON, each as its type and its description
// say.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>

namespace recycler::control {

// A class, so that each of them sees all others.
class Written {
  public:
    static Json of(bool truth) { return truth; }
    template <std::integral Number>
    static Json of(Number number) {
        return number;
    }
    static Json of(const std::string& text) { return text_value(text); }
    static Json of(Bytes bytes) { return bytes.count; }
    static Json of(Duration duration) { return seconds_value(duration); }
    static Json of(WallTime time) { return time_text(time); }
    static Json of(const std::map<std::string, std::uint64_t>& by_name);
    static Json of(const EventLine& line);

    template <typename Enum>
    requires std::is_enum_v<Enum>
    static Json of(Enum value) { return std::string(to_string(value)); }

    template <typename T>
    static Json of(const std::optional<T>& maybe) {
        return maybe ? of(*maybe) : Json(nullptr);
    }

    template <typename T>
    static Json of(const std::vector<T>& list) {
        return first_of(list, list.size());
    }

    template <HasMembers T>
    static Json of(const T& object) {
        Json json = Json::object();
        each_member(object, Always{json});
        if constexpr (Described<T>::members.has(Presence::if_set)) {
            each_member(object, IfSet{json});
        }
        return json;
    }

  private:
    struct Always {
        Json& json;
        template <typename T, typename How>
        void operator()(const char* name, const T& value, const How& how, Presence presence) {
            if (presence != Presence::if_set) {
                json[name] = of(value, how);
            }
        }
    };
    struct IfSet {
        Json& json;
        template <typename T, typename How>
        void operator()(const char* name, const T& value, const How& how, Presence presence) {
            if (presence == Presence::if_set && !(value == T{})) {
                json[name] = of(value, how);
            }
        }
    };

    template <typename T>
    static Json of(const T& value, AsTyped /*how*/) {
        return of(value);
    }
    template <typename T>
    static Json of(const std::vector<T>& list, Bounded /*how*/) {
        return first_of(list, k_longest_list);
    }
    static Json of(const std::string& text, Uncut /*how*/) { return text; }
    static Json of(const std::optional<Duration>& span, Milliseconds /*how*/) {
        return std::chrono::ceil<std::chrono::milliseconds>(span.value()).count();
    }
    template <typename Enum>
    static Json of(Enum value, const Flag<Enum>& flag) {
        return value == flag.yes;
    }

    template <typename T>
    static Json first_of(const std::vector<T>& list, std::size_t most) {
        Json array = Json::array();
        for (std::size_t i = 0; i < std::min(list.size(), most); ++i) {
            array.push_back(of(list[i]));
        }
        return array;
    }
};

} // namespace recycler::control
