// SPDX-License-Identifier: MIT
// Histories and times for the tests of explain, written as a daemon would have told them.
#pragma once

#include "recycler/control/json/json.hpp"
#include "recycler/explain/account.hpp"
#include "recycler/explain/history_builder.hpp"
#include "recycler/explain/lines/log_time.hpp"

#include <sstream>
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

inline recycler::control::Record stuck(const std::string& time, const std::string& slot,
                                       recycler::Duration unserved) {
    recycler::control::Record record = end(time, slot, "stuck");
    record.trigger = "stuck";
    record.unserved = unserved;
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

inline recycler::control::ExplainedLog explained(const recycler::explain::History& history,
                                                 const std::string& text,
                                                 recycler::explain::Account::Asked asked = {}) {
    recycler::explain::Account account(history, utc_clock(), std::move(asked));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        account.take(line);
    }
    account.finish();
    return account.sum();
}

inline std::uint64_t lines_of(const recycler::control::ExplainedLog& log,
                              const std::string& cause) {
    for (const recycler::control::ExplainedCause& each : log.causes) {
        if (each.cause == cause) {
            return each.lines;
        }
    }
    return 0;
}

} // namespace told
