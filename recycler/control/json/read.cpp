// SPDX-License-Identifier: MIT
// JSON to the model: what no description says.
#include "recycler/control/json/read.hpp"

#include "recycler/control/contract/record.hpp"
#include "recycler/control/contract/snapshot.hpp"
#include "recycler/control/json/json.hpp"

namespace recycler::control {

namespace {

// What an event may carry; nullopt for arrays and objects, which it may not.
std::optional<EventValue> held_by(const Json& value) {
    if (value.is_null()) {
        return std::monostate{};
    }
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_number_float()) {
        return value.get<double>();
    }
    Fault too_large;
    std::int64_t number = 0;
    read(value, number, too_large);
    if (too_large) {
        return std::nullopt;
    }
    return number;
}

template <typename T>
Result<T> from_json(std::string_view text, const char* what) {
    Result<Json> value = parse(text);
    if (!value) {
        return std::move(value).error().within(what);
    }
    T into;
    Fault fault;
    read(*value, into, fault);
    if (fault) {
        return Error{0, std::string(what) + ": " + fault.message()};
    }
    return into;
}

} // namespace

void read(const Json& value, std::map<std::string, std::uint64_t>& into, Fault& fault) {
    if (!value.is_object()) {
        fault.set("is not an object");
        return;
    }
    for (const auto& [name, count] : value.items()) {
        read(count, into[name], fault);
        if (fault) {
            fault.inside(name);
            return;
        }
    }
}

void read(const Json& value, EventLine& into, Fault& fault) {
    read<EventLine>(value, into, fault); // those that are described
    if (fault) {
        return;
    }
    for (const auto& [name, member] : value.items()) {
        if (Described<EventLine>::members.has(name)) {
            continue;
        }
        if (auto held = held_by(member)) {
            into.members.emplace_back(name, std::move(*held));
        }
    }
}

Result<Snapshot> snapshot_from_json(std::string_view text) {
    return from_json<Snapshot>(text, "status");
}
Result<Record> record_from_json(std::string_view text) {
    return from_json<Record>(text, "record");
}
Result<EventLine> event_from_json(std::string_view text) {
    return from_json<EventLine>(text, "event");
}

} // namespace recycler::control
