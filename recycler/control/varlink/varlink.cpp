// SPDX-License-Identifier: MIT
// Calls, both ways.
#include "recycler/control/varlink/varlink.hpp"

#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"
#include "recycler/control/overloaded.hpp"

#include <algorithm>
#include <initializer_list>

namespace recycler::control {

namespace {

std::string method_within(std::string_view name) {
    return std::string(k_interface) + "." + std::string(name);
}

// The parameters of a call, each asked for by name; what was not asked for is a fault too.
class Parameters {
  public:
    explicit Parameters(const Json& object) : object_(object) {}

    template <typename T>
    Parameters& take(const char* name, T& into) {
        known_.emplace_back(name);
        read_member(object_, name, into, fault_);
        return *this;
    }

    // The name of a parameter that is wrong, or unknown.
    [[nodiscard]] std::optional<std::string> wrong() const {
        if (fault_) {
            return fault_.path();
        }
        for (const auto& [name, value] : object_.items()) {
            if (std::ranges::find(known_, name) == known_.end()) {
                return name;
            }
        }
        return std::nullopt;
    }

  private:
    const Json& object_;
    std::vector<std::string> known_;
    Fault fault_;
};

Failure invalid(std::string parameter) {
    return ServiceError{ServiceFault::invalid_parameter, std::move(parameter)};
}

using Decoded = std::variant<Incoming, Failure>;

Decoded finish(const Parameters& parameters, Delivery delivery, Call call) {
    if (const auto wrong = parameters.wrong()) {
        return invalid(*wrong);
    }
    return Incoming{delivery, std::move(call)};
}

Decoded decode_status(const Json& object, Delivery delivery) {
    std::optional<std::vector<std::string>> slots;
    Parameters parameters(object);
    parameters.take("slots", slots);
    return finish(parameters, delivery, StatusCall{slots.value_or(std::vector<std::string>{})});
}

Wait wait_of(const std::optional<bool>& wait) {
    return wait.value_or(true) ? Wait::until_done : Wait::until_accepted;
}

Decoded decode_drain(const Json& object, Delivery delivery) {
    DrainCall call;
    std::optional<std::uint32_t> timeout;
    std::optional<bool> force, wait;
    Parameters parameters(object);
    parameters.take("slots", call.slots).take("timeout_ms", timeout).take("force", force);
    parameters.take("wait", wait);
    if (timeout) {
        call.timeout = std::chrono::milliseconds{*timeout};
    }
    call.force = force.value_or(false) ? Force::yes : Force::no;
    call.wait = wait_of(wait);
    return finish(parameters, delivery, std::move(call));
}

Decoded decode_open(const Json& object, Delivery delivery) {
    OpenCall call;
    Parameters parameters(object);
    parameters.take("slots", call.slots);
    return finish(parameters, delivery, std::move(call));
}

Decoded decode_recycle(const Json& object, Delivery delivery) {
    RecycleCall call;
    std::optional<bool> wait;
    Parameters parameters(object);
    parameters.take("slots", call.slots).take("wait", wait);
    call.wait = wait_of(wait);
    return finish(parameters, delivery, std::move(call));
}

Decoded decode_reload(const Json& object, Delivery delivery) {
    return finish(Parameters(object), delivery, ReloadCall{});
}

Decoded decode_why(const Json& object, Delivery delivery) {
    WhyCall call;
    std::optional<bool> unexpected;
    Parameters parameters(object);
    parameters.take("slot", call.slot).take("since", call.since).take("unexpected", unexpected);
    call.ends = unexpected.value_or(false) ? Ends::unexpected : Ends::all;
    return finish(parameters, delivery, std::move(call));
}

Decoded decode_events(const Json& object, Delivery delivery) {
    std::optional<bool> follow;
    Parameters parameters(object);
    parameters.take("follow", follow);
    const bool endless = follow.value_or(false);
    if (endless && delivery != Delivery::more) {
        return Failure{ServiceError{ServiceFault::expected_more, ""}};
    }
    return finish(parameters, delivery,
                  EventsCall{endless ? Follow::and_coming : Follow::only_recent});
}

Decoded decode_blame(const Json& object, Delivery delivery) {
    return finish(Parameters(object), delivery, BlameCall{});
}

Decoded decode_stop(const Json& object, Delivery delivery) {
    return finish(Parameters(object), delivery, StopCall{});
}

Decoded decode_info(const Json& object, Delivery delivery) {
    if (const auto wrong = Parameters(object).wrong()) {
        return invalid(*wrong);
    }
    return Incoming{delivery, GetInfo{}};
}

Decoded decode_description(const Json& object, Delivery delivery) {
    GetInterfaceDescription call;
    Parameters parameters(object);
    parameters.take("interface", call.interface);
    if (const auto wrong = parameters.wrong()) {
        return invalid(*wrong);
    }
    return Incoming{delivery, std::move(call)};
}

struct Method {
    std::string_view name;
    Decoded (*decode)(const Json& parameters, Delivery delivery);
};
constexpr Method k_methods[] = {
    {"io.recycler.Status", decode_status},
    {"io.recycler.Drain", decode_drain},
    {"io.recycler.Open", decode_open},
    {"io.recycler.Recycle", decode_recycle},
    {"io.recycler.Reload", decode_reload},
    {"io.recycler.Why", decode_why},
    {"io.recycler.Events", decode_events},
    {"io.recycler.Blame", decode_blame},
    {"io.recycler.Stop", decode_stop},
    {"org.varlink.service.GetInfo", decode_info},
    {"org.varlink.service.GetInterfaceDescription", decode_description},
};

Decoded decode_method(const std::string& name, const Json& parameters, Delivery delivery) {
    const auto method = std::ranges::find(k_methods, std::string_view(name), &Method::name);
    if (method != std::end(k_methods)) {
        return method->decode(parameters, delivery);
    }
    const std::string interface = name.substr(0, std::min(name.rfind('.'), name.size()));
    if (interface == k_interface || interface == k_service) {
        return Failure{ServiceError{ServiceFault::method_not_found, name}};
    }
    return Failure{ServiceError{ServiceFault::interface_not_found, interface}};
}

Json slots_value(const std::vector<std::string>& slots) {
    Json array = Json::array();
    for (const std::string& slot : slots) {
        array.push_back(text_value(slot));
    }
    return array;
}

Json drain_parameters(const DrainCall& drain) {
    Json object = {{"slots", slots_value(drain.slots)},
                   {"force", drain.force == Force::yes},
                   {"wait", drain.wait == Wait::until_done}};
    if (drain.timeout) {
        object["timeout_ms"] = std::chrono::ceil<std::chrono::milliseconds>(*drain.timeout).count();
    }
    return object;
}

Json parameters_of(const Call& call) {
    return std::visit(Overloaded{
                          [](const StatusCall& status) -> Json {
                              return {{"slots", slots_value(status.slots)}};
                          },
                          [](const DrainCall& drain) { return drain_parameters(drain); },
                          [](const OpenCall& open) -> Json {
                              return {{"slots", slots_value(open.slots)}};
                          },
                          [](const RecycleCall& recycle) -> Json {
                              return {{"slots", slots_value(recycle.slots)},
                                      {"wait", recycle.wait == Wait::until_done}};
                          },
                          [](const ReloadCall&) { return Json::object(); },
                          [](const WhyCall& why) {
                              Json object = Json::object();
                              if (why.slot) {
                                  object["slot"] = text_value(*why.slot);
                              }
                              if (why.since) {
                                  object["since"] = time_text(*why.since);
                              }
                              if (why.ends == Ends::unexpected) {
                                  object["unexpected"] = true;
                              }
                              return object;
                          },
                          [](const EventsCall& events) -> Json {
                              return {{"follow", events.follow == Follow::and_coming}};
                          },
                          [](const BlameCall&) { return Json::object(); },
                          [](const StopCall&) { return Json::object(); },
                      },
                      call);
}

} // namespace

std::string method_name(const Call& call) {
    constexpr std::string_view k_names[] = {"Status", "Drain",  "Open",  "Recycle", "Reload",
                                            "Why",    "Events", "Blame", "Stop"};
    static_assert(std::size(k_names) == std::variant_size_v<Call>);
    return method_within(k_names[call.index()]);
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
    Json message = {{"method", method_name(call)}, {"parameters", parameters_of(call)}};
    if (delivery == Delivery::more) {
        message["more"] = true;
    } else if (delivery == Delivery::oneway) {
        message["oneway"] = true;
    }
    return dump(message) + '\0';
}

} // namespace recycler::control
