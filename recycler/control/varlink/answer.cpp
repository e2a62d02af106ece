// SPDX-License-Identifier: MIT
// Replies and failures, both ways.
#include "recycler/base/version.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"
#include "recycler/control/overloaded.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <algorithm>
#include <iterator>

namespace recycler::control {

namespace {

template <typename T>
Json array_of(const std::vector<T>& items) {
    Json array = Json::array();
    for (const T& item : items) {
        if constexpr (std::is_same_v<T, std::string>) {
            array.push_back(text_value(item));
        } else {
            array.push_back(value_of(item));
        }
    }
    return array;
}

Json parameters_of(const Reply& reply) {
    return std::visit(Overloaded{
                          [](const Snapshot& snapshot) { return value_of(snapshot); },
                          [](const OrderReply& order) -> Json {
                              return {{"slots", array_of(order.slots)}};
                          },
                          [](const ReloadReply& reload) -> Json {
                              return {{"changes", array_of(reload.changes)}};
                          },
                          [](const WhyReply& why) -> Json {
                              return {{"records", array_of(why.records)}};
                          },
                          [](const EventsReply& events) -> Json {
                              return {{"lines", array_of(events.lines)}};
                          },
                          [](const Blame& blame) { return value_of(blame); },
                          [](const StopReply& stop) -> Json {
                              return stop.slots.empty() ? Json(Json::object())
                                                        : Json{{"slots", array_of(stop.slots)}};
                          },
                      },
                      reply);
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

Failure filled(Failure failure, const Fault& fault) {
    if (fault) {
        return Refused{"the daemon refused and did not say why"};
    }
    return failure;
}

std::variant<Answer, Failure, Error> decode_failure(const std::string& name, const Json& object) {
    Fault fault;
    if (name == "io.recycler.NoSuchSlot") {
        NoSuchSlot failure;
        read_member(object, "slot", failure.slot, fault);
        return filled(std::move(failure), fault);
    }
    if (name == "io.recycler.Refused") {
        Refused failure;
        read_member(object, "reason", failure.reason, fault);
        return filled(std::move(failure), fault);
    }
    if (name == "io.recycler.TimedOut") {
        TimedOut failure; // a time-out stays one, whatever else is wrong with the message
        read_member(object, "reason", failure.reason, fault);
        read_member(object, "slots", failure.slots, fault);
        return Failure{std::move(failure)};
    }
    if (name == "io.recycler.PolicyError") {
        PolicyError failure;
        read_member(object, "faults", failure.faults, fault);
        return filled(std::move(failure), fault);
    }
    const auto known =
        std::ranges::find(k_service_names, std::string_view(name), &ServiceName::name);
    if (known == std::end(k_service_names)) {
        return Failure{Refused{"the daemon answers " + name}};
    }
    ServiceError error{known->fault, ""};
    if (known->parameter != nullptr) {
        read_member(object, known->parameter, error.name, fault);
    }
    return Failure{std::move(error)};
}

// An empty reply of the kind that answers this call.
Reply blank_reply(const Call& asked) {
    return std::visit(Overloaded{
                          [](const StatusCall&) -> Reply { return Snapshot{}; },
                          [](const DrainCall&) -> Reply { return OrderReply{}; },
                          [](const OpenCall&) -> Reply { return OrderReply{}; },
                          [](const RecycleCall&) -> Reply { return OrderReply{}; },
                          [](const ReloadCall&) -> Reply { return ReloadReply{}; },
                          [](const WhyCall&) -> Reply { return WhyReply{}; },
                          [](const EventsCall&) -> Reply { return EventsReply{}; },
                          [](const BlameCall&) -> Reply { return Blame{}; },
                          [](const StopCall&) -> Reply { return StopReply{}; },
                      },
                      asked);
}

void fill(const Json& object, Reply& reply, Fault& fault) {
    std::visit(
        Overloaded{
            [&](Snapshot& snapshot) { read(object, snapshot, fault); },
            [&](OrderReply& order) { read_member(object, "slots", order.slots, fault); },
            [&](ReloadReply& reload) { read_member(object, "changes", reload.changes, fault); },
            [&](WhyReply& why) { read_member(object, "records", why.records, fault); },
            [&](EventsReply& events) { read_member(object, "lines", events.lines, fault); },
            [&](Blame& blame) { read(object, blame, fault); },
            [&](StopReply& stop) {
                std::optional<std::vector<Progress>> slots;
                read_member(object, "slots", slots, fault);
                stop.slots = slots.value_or(std::vector<Progress>{});
            },
        },
        reply);
}

} // namespace

Json value_of(const Reply& reply) {
    return parameters_of(reply);
}

std::string encode_reply(const Reply& reply, Continues continues) {
    Json message = {{"parameters", parameters_of(reply)}};
    if (continues == Continues::yes) {
        message["continues"] = true;
    }
    return dump(message) + '\0';
}

std::string encode_failure(const Failure& failure) {
    const Json message = std::visit(
        Overloaded{
            [](const NoSuchSlot& error) {
                return error_message("io.recycler.NoSuchSlot", {{"slot", text_value(error.slot)}});
            },
            [](const Refused& error) {
                return error_message("io.recycler.Refused", {{"reason", text_value(error.reason)}});
            },
            [](const TimedOut& error) {
                return error_message(
                    "io.recycler.TimedOut",
                    {{"slots", array_of(error.slots)}, {"reason", text_value(error.reason)}});
            },
            // Not cut: it is made from our own file, whose size the parser bounds.
            [](const PolicyError& error) {
                return error_message("io.recycler.PolicyError", {{"faults", error.faults}});
            },
            [](const ServiceError& error) { return service_message(error); },
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
    const Json parameters = {
        {"description",
         std::string(interface == k_interface ? k_interface_description : k_service_description)}};
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
    Answer answer{blank_reply(asked), continues.value_or(false) ? Continues::yes : Continues::no};
    if (!fault) {
        fill(parameters, answer.reply, fault);
    }
    if (fault) {
        return Error{0, "the answer's " + fault.message()};
    }
    return answer;
}

} // namespace recycler::control
