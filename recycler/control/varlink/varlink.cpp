// SPDX-License-Identifier: MIT
// Calls, both ways.
#include "recycler/control/varlink/varlink.hpp"

#include "recycler/control/contract/methods.hpp"
#include "recycler/control/json/read.hpp"
#include "recycler/control/json/write.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <type_traits>

namespace recycler::control {

template <>
struct Described<GetInfo> {
    static constexpr std::string_view name = "GetInfo";
    static constexpr auto members = list();
};
template <>
struct Described<GetInterfaceDescription> {
    static constexpr std::string_view name = "GetInterfaceDescription";
    static constexpr auto members = list(Member{"interface", &GetInterfaceDescription::interface});
};

namespace {

using ServiceCall = std::variant<GetInfo, GetInterfaceDescription>;

Failure invalid(std::string parameter) {
    return ServiceError{ServiceFault::invalid_parameter, std::move(parameter)};
}

using Decoded = std::variant<Incoming, Failure>;

// What was not asked for is a fault, too: it may be meant to restrict the call.
template <typename Asked>
std::optional<std::string> unknown_parameter(const Json& object) {
    for (const auto& [name, value] : object.items()) {
        if (!Described<Asked>::members.has(std::string_view(name))) {
            return name;
        }
    }
    return std::nullopt;
}

template <typename Asked>
Decoded decode(const Json& object, Delivery delivery) {
    Asked call;
    Fault fault;
    read(object, call, fault);
    if constexpr (requires { Described<Asked>::needs_more(call); }) {
        if (Described<Asked>::needs_more(call) && delivery != Delivery::more) {
            return Failure{ServiceError{ServiceFault::expected_more, ""}};
        }
    }
    if (fault) {
        return invalid(fault.path());
    }
    if (auto unknown = unknown_parameter<Asked>(object)) {
        return invalid(*std::move(unknown));
    }
    return Incoming{delivery, std::move(call)};
}

struct Method {
    std::string_view name;
    Decoded (*decode)(const Json& parameters, Delivery delivery);
};

template <typename... Asked>
constexpr std::array<Method, sizeof...(Asked)>
methods_of(std::type_identity<std::variant<Asked...>> /*calls*/) {
    return {{{Described<Asked>::name, decode<Asked>}...}};
}

constexpr auto k_methods = methods_of(std::type_identity<Call>{});
constexpr auto k_service_methods = methods_of(std::type_identity<ServiceCall>{});

Decoded decode_method(const std::string& name, const Json& parameters, Delivery delivery) {
    const std::size_t dot = std::min(name.rfind('.'), name.size());
    const std::string interface = name.substr(0, dot);
    const bool is_service = interface == k_service;
    if (!is_service && interface != k_interface) {
        return Failure{ServiceError{ServiceFault::interface_not_found, interface}};
    }
    const auto methods = is_service ? std::span<const Method>(k_service_methods)
                                    : std::span<const Method>(k_methods);
    const auto method =
        std::ranges::find(methods, std::string_view(name).substr(dot + 1), &Method::name);
    if (method == methods.end()) {
        return Failure{ServiceError{ServiceFault::method_not_found, name}};
    }
    return method->decode(parameters, delivery);
}

} // namespace

std::string method_name(const Call& call) {
    return std::visit(
        []<typename Asked>(const Asked& /*call*/) {
            return std::string(k_interface) + "." + std::string(Described<Asked>::name);
        },
        call);
}

std::variant<Incoming, BadCall, NoCall> decode_call(std::string_view message) {
    const Result<Json> value = parse(message);
    if (!value || !value->is_object()) {
        return NoCall{};
    }
    std::string method;
    std::optional<bool> more, oneway;
    Fault fault;
    read_member(*value, "method", method, fault);
    read_member(*value, "more", more, fault);
    read_member(*value, "oneway", oneway, fault);
    if (fault) {
        return NoCall{};
    }
    const Delivery delivery = oneway.value_or(false) ? Delivery::oneway
                              : more.value_or(false) ? Delivery::more
                                                     : Delivery::single;
    const auto given = value->find("parameters");
    const bool none = given == value->end() || given->is_null();
    if (!none && !given->is_object()) {
        return BadCall{delivery, invalid("parameters")};
    }
    Decoded decoded = decode_method(method, none ? Json::object() : *given, delivery);
    if (auto* failure = std::get_if<Failure>(&decoded)) {
        return BadCall{delivery, std::move(*failure)};
    }
    return std::get<Incoming>(std::move(decoded));
}

std::string encode_call(const Call& call, Delivery delivery) {
    Json message = {
        {"method", method_name(call)},
        {"parameters", std::visit([](const auto& asked) { return Written::of(asked); }, call)}};
    if (delivery == Delivery::more) {
        message["more"] = true;
    } else if (delivery == Delivery::oneway) {
        message["oneway"] = true;
    }
    return dump(message) + '\0';
}

} // namespace recycler::control
