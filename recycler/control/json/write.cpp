// SPDX-License-Identifier: MIT
// The model to JSON: what no description says.
#include "recycler/control/json/write.hpp"

#include "recycler/base/text/utf8.hpp"
#include "recycler/control/contract/replies.hpp"

namespace recycler::control {

namespace {

Json event_value(const EventValue& value) {
    return std::visit(
        [](const auto& held) -> Json {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, std::monostate>) {
                return nullptr;
            } else if constexpr (std::is_same_v<Held, std::string>) {
                return text_value(held);
            } else {
                return held;
            }
        },
        value);
}

} // namespace

Json text_value(std::string_view text) {
    if (text.size() <= k_longest_text) {
        return std::string(text);
    }
    constexpr std::string_view k_cut = "...";
    const std::size_t kept = text::whole_characters(text, k_longest_text - k_cut.size());
    return std::string(text.substr(0, kept)) + std::string(k_cut);
}

Json seconds_value(Duration duration) {
    const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(duration).count();
    if (milliseconds % 1000 == 0) {
        return milliseconds / 1000;
    }
    return static_cast<double>(milliseconds) / 1000;
}

Json Written::of(const std::map<std::string, std::uint64_t>& by_name) {
    Json object = Json::object();
    for (const auto& [name, count] : by_name) {
        if (object.size() < k_most_members) {
            object[name] = count;
        }
    }
    return object;
}

Json Written::of(const EventLine& line) {
    Json object = of<EventLine>(line); // those that are described
    for (const auto& [name, member] : line.members) {
        if (object.size() < k_most_members && !object.contains(name)) {
            object[name] = event_value(member);
        }
    }
    return object;
}

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json(const Snapshot& snapshot) {
    return dump(Written::of(snapshot));
}
std::string to_json(const Record& record) {
    return dump(Written::of(record));
}
std::string to_json(const EventLine& line) {
    return dump(Written::of(line));
}
std::string to_json(const Reply& reply) {
    return dump(std::visit([](const auto& each) { return Written::of(each); }, reply));
}

} // namespace recycler::control
