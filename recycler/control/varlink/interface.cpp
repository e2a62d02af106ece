// SPDX-License-Identifier: MIT
// The interface in Varlink's language, from the descriptions of what is sent.
#include "recycler/base/text/join.hpp"
#include "recycler/control/contract/methods.hpp"
#include "recycler/control/contract/replies.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>

namespace recycler::control {

namespace {

constexpr std::string_view k_head =
    R"varlink(# One app's workers: what they do, and orders to them. Bytes are integers, times RFC 3339 UTC,
# durations seconds unless the name says otherwise. What is not known is null, never 0.
)varlink";
constexpr std::size_t k_columns = 100;

template <typename T>
inline constexpr bool k_is_list = false;
template <typename T>
inline constexpr bool k_is_list<std::vector<T>> = true;
std::string in_parentheses(const std::vector<std::string>& items) {
    return "(" + text::joined(items, ", ") + ")";
}

// An enumeration by its names; a string where one of them is no name in Varlink's language.
template <typename Enum>
std::string names_of() {
    std::vector<std::string> names;
    for (int i = 0; !to_string(static_cast<Enum>(i)).empty(); ++i) {
        names.emplace_back(to_string(static_cast<Enum>(i)));
        if (names.back().find('-') != std::string::npos) {
            return "string";
        }
    }
    return in_parentheses(names);
}

template <HasMembers T>
std::vector<std::string> members_of();

template <typename T>
std::string type_of() {
    if constexpr (k_is_optional<T>) {
        return "?" + type_of<typename T::value_type>();
    } else if constexpr (k_is_list<T>) {
        return "[]" + type_of<typename T::value_type>();
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::uint64_t>>) {
        return "[string]int";
    } else if constexpr (std::is_same_v<T, bool>) {
        return "bool";
    } else if constexpr (std::is_same_v<T, Duration>) {
        return "float";
    } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, Bytes>) {
        return "int";
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, WallTime>) {
        return "string";
    } else if constexpr (std::is_enum_v<T>) {
        return names_of<T>();
    } else if constexpr (IsOpen<T>) {
        return "object";
    } else if constexpr (HasName<T>) {
        return std::string(Described<T>::name);
    } else {
        return in_parentheses(members_of<T>());
    }
}

// "name: type" of each member.
struct MemberTeller {
    std::vector<std::string>& told;
    template <typename T, typename How>
    void operator()(const char* name, const T& /*value*/, const How& /*how*/, Presence presence) {
        std::string type = presence == Presence::always || k_is_optional<T> ? "" : "?";
        if constexpr (k_is_flag<How>) {
            type += "bool";
        } else if constexpr (std::is_same_v<How, Milliseconds>) {
            type += "?int";
        } else {
            type += type_of<T>();
        }
        told.push_back(std::string(name) + ": " + type);
    }
};

template <HasMembers T>
std::vector<std::string> members_of() {
    std::vector<std::string> told;
    const T blank{};
    each_member(blank, MemberTeller{told});
    return told;
}

// One line behind `head` where there is room, else one for each member.
std::string behind(std::string head, const std::vector<std::string>& members) {
    const std::string line = in_parentheses(members);
    if (head.size() + line.size() <= k_columns) {
        return head + line + "\n";
    }
    head += "(\n";
    for (const std::string& member : members) {
        head += "  " + member + (&member == &members.back() ? "\n" : ",\n");
    }
    return head + ")\n";
}

// A line that is one column too long is better than a second one of a few words.
std::string comment(std::string_view about) {
    constexpr std::string_view k_mark = "# ";
    std::string text;
    std::size_t room = k_columns - k_mark.size();
    if (about.size() <= room + 1) {
        room = about.size();
    }
    while (about.size() > room) {
        const std::size_t end = about.rfind(' ', room);
        text += std::string(k_mark) + std::string(about.substr(0, end)) + "\n";
        about.remove_prefix(end + 1);
    }
    return text + std::string(k_mark) + std::string(about) + "\n";
}

// "Status, Why, Events and Blame": what the app's user may call.
template <typename... Asked>
std::string readable(std::type_identity<std::variant<Asked...>> /*calls*/) {
    std::vector<std::string_view> names;
    const auto look = [&]<typename Each>(std::type_identity<Each> /*call*/) {
        if (Described<Each>::needs == Role::reader) {
            names.push_back(Described<Each>::name);
        }
    };
    (look(std::type_identity<Asked>{}), ...);
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + std::string(names[i]);
    }
    return text;
}

class Interface {
  public:
    void head() {
        text_ = std::string(k_head) +
                comment("Root and members of the policy's [control] group may call everything, the "
                        "app's user " +
                        readable(std::type_identity<Call>{}) + ".") +
                "interface " + std::string(k_interface) + "\n";
    }

    // Declares the named types in T, each before its first use and only once.
    template <typename T>
    void types_in() {
        if constexpr (k_is_optional<T> || k_is_list<T>) {
            types_in<typename T::value_type>();
        } else if constexpr (HasMembers<T> && !IsOpen<T>) {
            if constexpr (HasName<T>) {
                if (!told_.insert(Described<T>::name).second) {
                    return;
                }
            }
            const T blank{};
            each_member(blank,
                        [&]<typename Value>(auto, const Value&, auto, auto) { types_in<Value>(); });
            if constexpr (HasName<T>) {
                tell<T>(behind("type " + std::string(Described<T>::name) + " ", members_of<T>()));
            }
        }
    }

    template <typename... Asked>
    void methods(std::type_identity<std::variant<Asked...>> /*calls*/) {
        (method<Asked>(), ...);
    }

    template <typename... Errors>
    void errors(std::type_identity<std::variant<Errors...>> /*failures*/) {
        text_ += "\n";
        (error<Errors>(), ...);
    }

    [[nodiscard]] std::string text() && { return std::move(text_); }

  private:
    template <typename T>
    void tell(const std::string& words) {
        text_ += "\n";
        if constexpr (requires { Described<T>::about; }) {
            text_ += comment(Described<T>::about);
        }
        text_ += words;
    }

    template <typename Asked>
    void method() {
        using Reply = typename Described<Asked>::Reply;
        types_in<Reply>();
        tell<Asked>(behind("method " + std::string(Described<Asked>::name) +
                               in_parentheses(members_of<Asked>()) + " -> ",
                           members_of<Reply>()));
    }

    template <typename Error>
    void error() {
        if constexpr (HasName<Error>) { // else it is of org.varlink.service
            text_ +=
                behind("error " + std::string(Described<Error>::name) + " ", members_of<Error>());
        }
    }

    std::string text_;
    std::set<std::string_view> told_;
};

} // namespace

// The order has grown; a type that is not named here stands in front of its first method.
std::string interface_description() {
    Interface interface;
    interface.head();
    interface.types_in<WorkerStatus>();
    interface.types_in<Record>();
    interface.types_in<SlotStatus>();
    interface.types_in<LoopStatus>();
    interface.types_in<SpareStatus>();
    interface.types_in<Progress>();
    interface.methods(std::type_identity<Call>{});
    interface.errors(std::type_identity<Failure>{});
    return std::move(interface).text();
}

const std::string_view k_service_description = R"varlink(# What every Varlink service answers.
interface org.varlink.service

method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)varlink";

} // namespace recycler::control
