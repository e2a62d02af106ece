// SPDX-License-Identifier: MIT
#include "recycler/explain/history_builder.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <array>

namespace recycler::explain {

namespace {

// A record that waits for a core dump is written late; one that seems later is of a clock that was
// set.
constexpr Duration k_latest_record = std::chrono::minutes(2);
// A record and the event of the same end, in two files.
constexpr Duration k_same_end = std::chrono::milliseconds(1);
// A run is named by when its keeper began, by a clock that may have been set a little meanwhile.
constexpr Duration k_run_slack = std::chrono::seconds(2);
// Of recycler-deaths(7).
constexpr const char* k_stuck = "stuck";

std::string text_of(const control::EventLine& event, std::string_view name) {
    for (const auto& [key, value] : event.members) {
        if (key == name && std::holds_alternative<std::string>(value)) {
            return std::get<std::string>(value);
        }
    }
    return {};
}

Duration exec_time(const control::EventLine& event) {
    for (const auto& [key, value] : event.members) {
        if (key == "exec_us" && std::holds_alternative<std::int64_t>(value)) {
            return std::chrono::microseconds(std::get<std::int64_t>(value));
        }
    }
    return {};
}

// Of a record's sentence, as recycler/death/hang.cpp words it.
constexpr std::string_view k_waits_for_client = "waits until the balancer takes more of the answer";

// "3900-1795951865059706000": when that run began.
std::optional<WallTime> begun_at(std::string_view run) {
    (void)text::take_until(run, "-");
    const auto count = text::number_in<std::int64_t>(run);
    return count ? std::optional(WallTime(std::chrono::nanoseconds(*count))) : std::nullopt;
}

std::string sentence_of(const control::EventLine& event) {
    return event.event == to_string(EventName::child_died) ? sentence_of_child(event)
                                                           : text_of(event, "text");
}

} // namespace

std::string sentence_of_child(const control::EventLine& event) {
    std::string out = "A child process of " + event.slot.value_or("?") + "." +
                      std::to_string(event.generation.value_or(0));
    for (const auto& [name, value] : event.members) {
        if (name == "pid" && std::holds_alternative<std::int64_t>(value)) {
            out += " (pid " + std::to_string(std::get<std::int64_t>(value)) + ")";
        }
    }
    const std::string text = text_of(event, "text");
    return out + " has died" +
           (text.empty() ? "; the history does not say how." : ": " + text + ".");
}

HistoryBuilder::Turn::Kind HistoryBuilder::turn_of(const control::EventLine& event) {
    return event.event == to_string(EventName::stopped)       ? Turn::Kind::stopped
           : event.event == to_string(EventName::app_started) ? Turn::Kind::started
                                                              : Turn::Kind::lived;
}

// Whatever a daemon tells shows that it lived.
void HistoryBuilder::saw(const std::string& app, WallTime at) {
    history_.begin_ = std::min(history_.begin_, at);
    history_.end_ = std::max(history_.end_, at);
    turns_[app].push_back({at, Turn::Kind::lived});
}

void HistoryBuilder::take_slot(const std::string& app, const std::string& slot,
                               const std::string& address) {
    history_.slots_.set_address(history_.slots_.add(app, slot), address);
    running_.push_back(app);
}

void HistoryBuilder::take(const std::string& app, const control::Record& record,
                          std::string_view run) {
    saw(app, record.at);
    const SlotIndex slot = history_.slots_.add(app, record.slot);
    if (record.kind == control::RecordKind::start_failure) {
        steps_.push_back({.at = record.at,
                          .slot = slot,
                          .kind = SlotStep::Kind::start_failed,
                          .generation = record.generation,
                          .end = {record.generation, record.at, record.verdict, record.sentence}});
        return;
    }
    Death death{.slot = slot,
                .generation = record.generation,
                .at = record.at,
                .verdict = record.verdict,
                .sentence = record.sentence,
                .waited_for_client = text::contains(record.sentence, k_waits_for_client)};
    if (record.in_flight) {
        death.method = record.in_flight->method.value_or("");
        death.uri = record.in_flight->uri.value_or("");
        death.running = record.in_flight->seconds.value_or(Duration::zero());
    }
    if (record.trigger == k_stuck) {
        death.unserved = record.unserved.value_or(Duration::zero());
    }
    told_.push_back({record.age, std::string(run)});
    history_.deaths_.push_back(std::move(death));
}

void HistoryBuilder::take(const std::string& app, const control::EventLine& event,
                          std::string_view run) {
    using Kind = GateMark::Kind;
    constexpr std::array marks{std::pair{EventName::gate_closed, Kind::closed},
                               std::pair{EventName::gate_opened, Kind::opened},
                               std::pair{EventName::draining, Kind::draining},
                               std::pair{EventName::drained, Kind::drained},
                               std::pair{EventName::stopping, Kind::stopping},
                               std::pair{EventName::braked, Kind::braked}};
    const auto is = [&event](EventName name) { return event.event == to_string(name); };
    saw(app, event.at);
    if (!event.slot) {
        turns_[app].back().kind = turn_of(event);
        return;
    }
    const SlotIndex slot = history_.slots_.add(app, *event.slot);
    if (is(EventName::started) && event.generation) {
        launched_[{slot, *event.generation}].push_back(
            {event.at - exec_time(event), std::string(run)});
        if (const std::string address = text_of(event, "address"); !address.empty()) {
            history_.slots_.set_address(slot, address);
        }
    } else if (is(EventName::child_died) || is(EventName::turned_away)) {
        history_.deaths_.push_back({.slot = slot,
                                    .generation = event.generation.value_or(0),
                                    .at = event.at,
                                    .verdict = event.event,
                                    .method = text_of(event, "method"),
                                    .uri = text_of(event, "uri"),
                                    .sentence = sentence_of(event)});
        told_.push_back({std::nullopt, std::string(run)});
    }
    note_step(slot, event);
    for (const auto& [name, kind] : marks) {
        if (is(name)) {
            marks_.push_back(
                {event.at, slot, kind, event.generation.has_value(), text_of(event, "trigger")});
        }
    }
}

void HistoryBuilder::note_step(SlotIndex slot, const control::EventLine& event) {
    using Kind = SlotStep::Kind;
    constexpr std::array steps{std::pair{EventName::starting, Kind::starting},
                               std::pair{EventName::ready, Kind::ready},
                               std::pair{EventName::handed_over, Kind::ready},
                               std::pair{EventName::stopping, Kind::stopping},
                               std::pair{EventName::braked, Kind::braked},
                               std::pair{EventName::slot_removed, Kind::removed}};
    for (const auto& [name, kind] : steps) {
        if (event.event == to_string(name)) {
            steps_.push_back({.at = event.at,
                              .slot = slot,
                              .kind = kind,
                              .generation = event.generation.value_or(0),
                              .trigger = text_of(event, "trigger")});
        }
    }
}

// Once it is known when each ended.
void HistoryBuilder::add_ends() {
    for (const Death& death : history_.deaths_) {
        const bool of_worker = death.verdict != to_string(EventName::child_died) &&
                               death.verdict != to_string(EventName::turned_away);
        if (of_worker) {
            steps_.push_back({.at = death.at,
                              .slot = death.slot,
                              .kind = SlotStep::Kind::ended,
                              .generation = death.generation,
                              .end = {death.generation, death.at, death.verdict, death.sentence}});
        }
    }
}

// A worker's age at its end, on from its launch, says to the millisecond when it ended. Each run of
// the daemon counts generations anew: the launch is one of the same run, and of those that may be,
// the one that fits the record best.
std::optional<WallTime> HistoryBuilder::end_of(const Death& death, const Told& told) const {
    const auto launched = launched_.find({death.slot, death.generation});
    if (!told.age || launched == launched_.end()) {
        return std::nullopt;
    }
    const auto begun = begun_at(told.run);
    std::optional<WallTime> nearest;
    for (const Launch& launch : launched->second) {
        const bool of_another =
            (!launch.run.empty() && !told.run.empty() && launch.run != told.run) ||
            (begun && launch.at + k_run_slack < *begun);
        const WallTime ended = launch.at + *told.age;
        const bool fits = ended <= death.at && ended + k_latest_record >= death.at;
        if (fits && !of_another && (!nearest || ended > *nearest)) {
            nearest = ended;
        }
    }
    return nearest;
}

void HistoryBuilder::correct_ends() {
    for (std::size_t i = 0; i < history_.deaths_.size(); ++i) {
        Death& death = history_.deaths_[i];
        death.at = end_of(death, told_[i]).value_or(death.at);
    }
}

WallTime HistoryBuilder::reign_end(SlotIndex slot, WallTime since) const {
    for (const Reign& reign : history_.reigns_) {
        if (reign.app == history_.slots_.at(slot).app && reign.until >= since) {
            return reign.until;
        }
    }
    return WallTime::max();
}

void HistoryBuilder::find_reigns() {
    for (auto& [app, turns] : turns_) {
        std::ranges::stable_sort(turns, {}, &Turn::at);
        Reign* reign = nullptr;
        for (std::size_t i = 0; i < turns.size(); ++i) {
            const bool begins = turns[i].kind == Turn::Kind::started;
            if (begins && reign != nullptr) { // it ended without a word
                reign->until = reign->told_until = turns[i - 1].at;
                reign->next = turns[i].at;
            }
            if (begins || reign == nullptr) {
                reign = &history_.reigns_.emplace_back(
                    Reign{app, turns[i].at, WallTime::max(), WallTime::max(), begins});
            }
            if (turns[i].kind == Turn::Kind::stopped) {
                reign->until = reign->told_until = turns[i].at;
                reign = nullptr;
            }
        }
        if (reign != nullptr && std::ranges::count(running_, app) == 0) {
            reign->told_until = turns.back().at;
        }
        if (reign != nullptr && std::ranges::count(ended_, app) > 0) {
            reign->until = turns.back().at;
        }
    }
}

History HistoryBuilder::build() && {
    correct_ends();
    std::ranges::stable_sort(history_.deaths_, {}, &Death::at);
    auto& deaths = history_.deaths_;
    const auto same_end = [](const Death& a, const Death& b) {
        return a.slot == b.slot && a.generation == b.generation && a.verdict == b.verdict &&
               b.at - a.at < k_same_end;
    };
    deaths.erase(std::unique(deaths.begin(), deaths.end(), same_end), deaths.end());
    find_reigns();
    add_ends();
    const auto until = [this](SlotIndex slot, WallTime since) { return reign_end(slot, since); };
    history_.closings_ = find_closings(std::move(marks_), until, deaths);
    history_.vacancies_ = find_vacancies(std::move(steps_), until);
    return std::move(history_);
}

} // namespace recycler::explain
