// SPDX-License-Identifier: MIT
// What can go wrong with a call, as typed values. An answer is a Reply (calls.hpp) or a Failure.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace recycler::control {

// Errors of io.recycler.
struct NoSuchSlot {
    std::string slot;
    bool operator==(const NoSuchSlot&) const = default;
};
struct Refused {
    std::string reason; // a sentence, with what to do instead where there is something
    bool operator==(const Refused&) const = default;
};
struct TimedOut {
    std::vector<std::string> slots; // those that are not idle yet
    std::string reason;
    bool operator==(const TimedOut&) const = default;
};
struct PolicyError {
    std::string faults; // every fault with its line, as `check` prints them
    bool operator==(const PolicyError&) const = default;
};
// Errors of org.varlink.service; `name` is the method, interface or parameter.
enum class ServiceFault {
    interface_not_found,
    method_not_found,
    method_not_implemented,
    invalid_parameter,
    permission_denied,
    expected_more,
};
struct ServiceError {
    ServiceFault fault = ServiceFault::invalid_parameter;
    std::string name;
    bool operator==(const ServiceError&) const = default;
};
using Failure = std::variant<NoSuchSlot, Refused, TimedOut, PolicyError, ServiceError>;

} // namespace recycler::control
