// SPDX-License-Identifier: MIT
// Replies and failures, both ways.
#include "recycler/base/version.hpp"
#include "recycler/control/contract/methods.hpp"
#include "recycler/control/contract/replies.hpp"
#include "recycler/control/json/read.hpp"
#include "recycler/control/json/write.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>

namespace recycler::control {

namespace {

Json parameters_of(const Reply& reply) {
    return std::visit([](const auto& each) { return Written::of(each); }, reply);
}

// One error of org.varlink.service and the parameter that names the culprit, if it has one.
struct ServiceName {
    ServiceFault fault;
    std::string_view name;
    const char* parameter;
};
constexpr ServiceName k_service_names[] = {
    {ServiceFault::interface_not_found, "org.varlink.service.InterfaceNotFound", "interface"},
    {ServiceFault::method_not_found, "org.varlink.service.MethodNotFound", "method"},
    {ServiceFault::method_not_implemented, "org.varlink.service.MethodNotImplemented", "method"},
    {ServiceFault::invalid_parameter, "org.varlink.service.InvalidParameter", "parameter"},
    {ServiceFault::permission_denied, "org.varlink.service.PermissionDenied", nullptr},
    {ServiceFault::expected_more, "org.varlink.service.ExpectedMore", nullptr},
};

Json error_message(std::string_view name, Json parameters) {
    return {{"error", std::string(name)}, {"parameters", std::move(parameters)}};
}

Json service_message(const ServiceError& error) {
    const auto known = std::ranges::find(k_service_names, error.fault, &ServiceName::fault);
    Json parameters = Json::object();
    if (known->parameter != nullptr) {
        parameters[known->parameter] = text_value(error.name);
    }
    return error_message(known->name, std::move(parameters));
}

template <typename Error>
std::string error_name() {
    return std::string(k_interface) + "." + std::string(Described<Error>::name);
}

// Reads what is there of a failure.
struct FailureReader {
    const Json& object;
    bool& is_whole;
    template <typename T, typename How>
    void operator()(const char* name, T& into, const How& how, Presence presence) {
        Fault fault;
        MemberReader{object, fault}(name, into, how, presence);
        is_whole &= !fault;
    }
};

template <typename Error>
Failure failure_in(const Json& object) {
    Error failure;
    bool is_whole = true;
    each_member(failure, FailureReader{object, is_whole});
    // A time-out stays one, whatever else is wrong with the message.
    if (is_whole || std::is_same_v<Error, TimedOut>) {
        return failure;
    }
    return Refused{"the daemon refused and did not say why"};
}

// Nullopt: it is none of io.recycler.
template <typename... Errors>
std::optional<Failure> own_failure(const std::string& name, const Json& object,
                                   std::type_identity<std::variant<Errors...>> /*all*/) {
    std::optional<Failure> found;
    const auto look = [&]<typename Error>(std::type_identity<Error>) {
        if constexpr (HasName<Error>) {
            if (name == error_name<Error>()) {
                found = failure_in<Error>(object);
            }
        }
    };
    (look(std::type_identity<Errors>{}), ...);
    return found;
}

Failure decode_failure(const std::string& name, const Json& object) {
    if (auto own = own_failure(name, object, std::type_identity<Failure>{})) {
        return *std::move(own);
    }
    const auto known =
        std::ranges::find(k_service_names, std::string_view(name), &ServiceName::name);
    if (known == std::end(k_service_names)) {
        return Refused{"the daemon answers " + name};
    }
    ServiceError error{known->fault, ""};
    if (known->parameter != nullptr) {
        Fault fault; // an error stays one that does not name the culprit
        read_member(object, known->parameter, error.name, fault);
    }
    return error;
}

// The reply of the kind that answers this call.
Reply reply_to(const Call& asked, const Json& object, Fault& fault) {
    return std::visit(
        [&]<typename Asked>(const Asked& /*call*/) -> Reply {
            typename Described<Asked>::Reply reply;
            read(object, reply, fault);
            return reply;
        },
        asked);
}

} // namespace

std::string encode_reply(const Reply& reply, Continues continues) {
    Json message = {{"parameters", parameters_of(reply)}};
    if (continues == Continues::yes) {
        message["continues"] = true;
    }
    return dump(message) + '\0';
}

std::string encode_failure(const Failure& failure) {
    const Json message = std::visit(
        []<typename Error>(const Error& error) {
            if constexpr (HasName<Error>) {
                return error_message(error_name<Error>(), Written::of(error));
            } else {
                return service_message(error);
            }
        },
        failure);
    return dump(message) + '\0';
}

std::string encode_info() {
    const Json parameters = {{"vendor", "Recycler"},
                             {"product", "recyclerd"},
                             {"version", version()},
                             {"url", ""},
                             {"interfaces", {std::string(k_service), std::string(k_interface)}}};
    return dump({{"parameters", parameters}}) + '\0';
}

std::string encode_interface_description(const std::string& interface) {
    if (interface != k_interface && interface != k_service) {
        return encode_failure(ServiceError{ServiceFault::interface_not_found, interface});
    }
    const Json parameters = {{"description", interface == k_interface
                                                 ? interface_description()
                                                 : std::string(k_service_description)}};
    return dump({{"parameters", parameters}}) + '\0';
}

std::variant<Answer, Failure, Error> decode_answer(std::string_view message, const Call& asked) {
    const Result<Json> value = parse(message);
    if (!value) {
        return value.error();
    }
    if (!value->is_object()) {
        return Error{0, "the answer is not a JSON object"};
    }
    std::optional<std::string> error;
    std::optional<bool> continues;
    Fault fault;
    read_member(*value, "error", error, fault);
    read_member(*value, "continues", continues, fault);
    const auto found = value->find("parameters");
    const Json parameters =
        found != value->end() && found->is_object() ? *found : Json(Json::object());
    if (!fault && error) {
        return decode_failure(*error, parameters);
    }
    const Continues more = continues.value_or(false) ? Continues::yes : Continues::no;
    Answer answer{fault ? Reply{} : reply_to(asked, parameters, fault), more};
    if (fault) {
        return Error{0, "the answer's " + fault.message()};
    }
    return answer;
}

} // namespace recycler::control
