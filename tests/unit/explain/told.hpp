// Histories and times for the tests of explain, written as a daemon would have told them.
#pragma once

#include "recycler/control/json.hpp"
#include "recycler/explain/history.hpp"
#include "recycler/explain/log_time.hpp"

#include <string>

namespace told {

inline recycler::WallTime at(const std::string& text) {
    return *recycler::control::time_from_text(text);
}

inline recycler::control::EventLine event(const std::string& time, const std::string& name,
                                          const std::string& slot = "") {
    recycler::control::EventLine line{.at = at(time), .event = name};
    if (!slot.empty()) {
        line.slot = slot;
        line.generation = 1;
    }
    return line;
}

inline recycler::control::Record end(const std::string& time, const std::string& slot,
                                     const std::string& verdict, const std::string& uri = "") {
    recycler::control::Record record{.verdict = verdict, .sentence = slot + " " + verdict + "."};
    record.at = at(time);
    record.slot = slot;
    record.generation = 1;
    if (!uri.empty()) {
        record.in_flight = recycler::control::InFlight{"GET", uri, std::chrono::seconds(1)};
    }
    return record;
}

// Of the app "shop", with a daemon that has run since midnight.
struct Told {
    recycler::explain::HistoryBuilder builder;
    Told() { take(event("2026-11-23T00:00:00Z", "app-started")); }
    template <typename Thing>
    Told& take(const Thing& thing) {
        builder.take("shop", thing);
        return *this;
    }
    recycler::explain::History history() { return std::move(builder).build(); }
};

inline recycler::explain::LogClock utc_clock() {
    return {recycler::explain::Zone{}, at("2026-11-24T00:00:00Z")};
}

} // namespace told
