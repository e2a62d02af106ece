// SPDX-License-Identifier: MIT
#include "recycler/explain/history.hpp"

#include <algorithm>
#include <array>

namespace recycler::explain {

namespace {

constexpr Duration k_unknown_age{-1};
// A record that waits for a core dump is written late; one that seems later is of a clock that was
// set.
constexpr Duration k_latest_record = std::chrono::minutes(2);
// A record and the event of the same end, in two files.
constexpr Duration k_same_end = std::chrono::milliseconds(1);
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

std::string sentence_of(const control::EventLine& event) {
    return event.event == to_string(EventName::child_died) ? sentence_of_child(event)
                                                           : text_of(event, "text");
}

} // namespace

std::string sentence_of_child(const control::EventLine& event) {
    std::string out = event.slot.value_or("?") + "." +
                      std::to_string(event.generation.value_or(0)) + " has lost a child process";
    for (const auto& [name, value] : event.members) {
        if (name == "pid" && std::holds_alternative<std::int64_t>(value)) {
            out += " (pid " + std::to_string(std::get<std::int64_t>(value)) + ")";
        }
    }
    const std::string text = text_of(event, "text");
    return out + (text.empty() ? "; the history does not say how it ended." : ": " + text + ".");
}

void HistoryBuilder::saw(WallTime at) {
    history_.begin_ = std::min(history_.begin_, at);
    history_.end_ = std::max(history_.end_, at);
}

void HistoryBuilder::take_slot(const std::string& app, const std::string& slot,
                               const std::string& address) {
    history_.slots_.set_address(history_.slots_.add(app, slot), address);
}

void HistoryBuilder::take(const std::string& app, const control::Record& record) {
    saw(record.at);
    const SlotIndex slot = history_.slots_.add(app, record.slot);
    if (record.kind == control::RecordKind::start_failure) {
        return;
    }
    Death death{.slot = slot,
                .generation = record.generation,
                .at = record.at,
                .verdict = record.verdict,
                .sentence = record.sentence};
    if (record.in_flight) {
        death.method = record.in_flight->method.value_or("");
        death.uri = record.in_flight->uri.value_or("");
        death.running = record.in_flight->seconds.value_or(Duration::zero());
    }
    if (record.trigger == k_stuck) {
        death.unserved = record.unserved.value_or(Duration::zero());
    }
    ages_.push_back(record.age.value_or(k_unknown_age));
    history_.deaths_.push_back(std::move(death));
}

void HistoryBuilder::take(const std::string& app, const control::EventLine& event) {
    using Kind = Mark::Kind;
    constexpr std::array marks{std::pair{EventName::gate_closed, Kind::closed},
                               std::pair{EventName::gate_opened, Kind::opened},
                               std::pair{EventName::draining, Kind::draining},
                               std::pair{EventName::drained, Kind::drained},
                               std::pair{EventName::stopping, Kind::stopping},
                               std::pair{EventName::braked, Kind::braked}};
    const auto is = [&event](EventName name) { return event.event == to_string(name); };
    saw(event.at);
    if (!event.slot) {
        const auto kind = is(EventName::app_started) ? Turn::Kind::started
                          : is(EventName::stopped)   ? Turn::Kind::stopped
                                                     : Turn::Kind::lived;
        turns_[app].push_back({event.at, kind});
        return;
    }
    const SlotIndex slot = history_.slots_.add(app, *event.slot);
    if (is(EventName::started) && event.generation) {
        launched_[{slot, *event.generation}].push_back(event.at - exec_time(event));
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
        ages_.push_back(k_unknown_age);
    }
    for (const auto& [name, kind] : marks) {
        if (is(name)) {
            marks_.push_back(
                {event.at, slot, kind, event.generation.has_value(), text_of(event, "trigger")});
        }
    }
}

// A worker's age at its end, on from its launch, says to the millisecond when it ended.
void HistoryBuilder::correct_ends() {
    for (std::size_t i = 0; i < history_.deaths_.size(); ++i) {
        Death& death = history_.deaths_[i];
        const auto launched = launched_.find({death.slot, death.generation});
        if (ages_[i] == k_unknown_age || launched == launched_.end()) {
            continue;
        }
        // Each run of the daemon counts generations anew.
        for (const WallTime launch : launched->second) {
            const WallTime ended = launch + ages_[i];
            if (ended <= death.at && ended + k_latest_record >= death.at) {
                death.at = ended;
                break;
            }
        }
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

// One slot's marks. Why a gate was closed is told by what follows at once.
void HistoryBuilder::walk_gate(std::vector<Mark>::const_iterator from,
                               std::vector<Mark>::const_iterator to) {
    using Kind = Mark::Kind;
    Closing* open = nullptr;
    for (auto mark = from; mark != to; ++mark) {
        if (open != nullptr && mark->at > open->until) {
            open = nullptr; // by a daemon that is gone
        }
        if (mark->kind == Kind::closed) {
            const bool recycle = !mark->trigger.empty();
            open = &history_.closings_.emplace_back(
                Closing{.slot = mark->slot,
                        .from = mark->at,
                        .until = reign_end(mark->slot, mark->at),
                        .what_for = recycle            ? ClosedFor::recycle
                                    : mark->has_worker ? ClosedFor::hung
                                                       : ClosedFor::restart,
                        .trigger = mark->trigger});
        } else if (open == nullptr) {
            continue;
        } else if (mark->kind == Kind::opened) {
            open->until = mark->at;
            open = nullptr;
        } else if (mark->kind == Kind::braked && open->what_for == ClosedFor::restart) {
            open->what_for = ClosedFor::brake;
        } else if (mark->kind == Kind::stopping && open->what_for == ClosedFor::drain) {
            open->what_for = mark->trigger.empty() ? ClosedFor::stop : ClosedFor::recycle;
            open->trigger = mark->trigger;
        } else if ((mark->kind == Kind::draining && open->what_for == ClosedFor::hung) ||
                   (mark->kind == Kind::drained && open->what_for != ClosedFor::recycle)) {
            open->what_for = ClosedFor::drain;
        }
    }
}

void HistoryBuilder::close_gates() {
    std::ranges::stable_sort(marks_, [](const Mark& a, const Mark& b) {
        return std::pair(a.slot, a.at) < std::pair(b.slot, b.at);
    });
    for (auto from = marks_.cbegin(); from != marks_.cend();) {
        const auto to =
            std::find_if(from, marks_.cend(), [&](const Mark& m) { return m.slot != from->slot; });
        walk_gate(from, to);
        from = to;
    }
    std::ranges::stable_sort(history_.closings_, {}, &Closing::from);
    for (Closing& closing : history_.closings_) {
        if (closing.what_for == ClosedFor::hung && ends_stuck_one(closing)) {
            closing.what_for = ClosedFor::stuck;
        }
    }
}

// Whether it was a stuck worker that was ended behind this gate: its record says so, its events do
// not.
bool HistoryBuilder::ends_stuck_one(const Closing& closing) const {
    const auto& deaths = history_.deaths_;
    for (auto death = std::ranges::lower_bound(deaths, closing.from, {}, &Death::at);
         death != deaths.end() && death->at <= closing.until; ++death) {
        if (death->slot == closing.slot) {
            return death->unserved > Duration::zero();
        }
    }
    return false;
}

void HistoryBuilder::find_reigns() {
    // What its slots did shows that a daemon lived, too.
    for (const Mark& mark : marks_) {
        turns_[history_.slots_.at(mark.slot).app].push_back({mark.at, Turn::Kind::lived});
    }
    for (auto& [app, turns] : turns_) {
        std::ranges::stable_sort(turns, {}, &Turn::at);
        Reign* reign = nullptr;
        for (std::size_t i = 0; i < turns.size(); ++i) {
            const bool begins = turns[i].kind == Turn::Kind::started;
            if (begins && reign != nullptr) { // it ended without a word
                reign->until = turns[i - 1].at;
            }
            if (begins || reign == nullptr) {
                reign = &history_.reigns_.emplace_back(Reign{app, turns[i].at, WallTime::max()});
            }
            if (turns[i].kind == Turn::Kind::stopped) {
                reign->until = turns[i].at;
                reign = nullptr;
            }
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
    close_gates();
    return std::move(history_);
}

} // namespace recycler::explain
