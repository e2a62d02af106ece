// SPDX-License-Identifier: MIT
#include "recycler/events/earlier.hpp"

#include "recycler/control/json/json.hpp"

#include <set>

namespace recycler::events {

Line parsed(const std::string& json) {
    if (auto record = control::record_from_json(json)) {
        return std::move(*record);
    }
    if (auto event = control::event_from_json(json)) {
        return std::move(*event);
    }
    return {};
}

Earlier what_was_before(const std::vector<std::string>& lines,
                        const std::deque<control::EventLine>& remembered, Reach reach) {
    std::multiset<std::string> known;
    for (const control::EventLine& event : remembered) {
        known.insert(control::to_json(event));
    }
    Earlier earlier;
    for (const std::string& json : lines) {
        Line line = parsed(json);
        if (auto* record = std::get_if<control::Record>(&line)) {
            earlier.records.push_back(std::move(*record));
            continue;
        }
        auto* event = std::get_if<control::EventLine>(&line);
        if (event == nullptr) {
            continue;
        }
        const bool is_of_others =
            reach == Reach::this_daemon && event->event == to_string(EventName::stopped);
        if (is_of_others) {
            break;
        }
        const bool is_first =
            reach == Reach::this_daemon && event->event == to_string(EventName::app_started);
        if (const auto same = known.find(control::to_json(*event)); same != known.end()) {
            known.erase(same);
        } else {
            earlier.events.push_back(std::move(*event));
        }
        if (is_first) {
            break;
        }
    }
    return earlier;
}

} // namespace recycler::events
