// SPDX-License-Identifier: MIT
#include "recycler/events/event_budget.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/death/verdict.hpp"
#include "recycler/events/event_kinds.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace recycler::events {

namespace {

constexpr auto k_minute = std::chrono::minutes(1);

// Of the ends, only those by themselves: each other one was ordered, or is one to look at.
bool is_at_will(const control::EventLine& line) {
    constexpr std::array events{EventName::child_died, EventName::starting, EventName::started,
                                EventName::ready};
    return line.event == to_string(EventName::ended)
               ? member(line, "verdict") == to_string(death::Verdict::left)
               : std::ranges::any_of(
                     events, [&](EventName event) { return line.event == to_string(event); });
}

std::uint32_t not_told(std::uint32_t count) {
    return count - std::min(count, k_lines_a_minute);
}

// "116 more child-died, 20 more ready"; empty: all were told.
std::string in_words(const std::map<std::string, std::uint32_t>& counts) {
    std::string words;
    for (const auto& [event, count] : counts) {
        if (const std::uint32_t more = not_told(count); more > 0) {
            text::add_to(words, ", ", std::to_string(more) + " more " + event);
        }
    }
    return words;
}

} // namespace

// The host's clock may have been set back.
bool EventBudget::is_over(const Minute& minute, WallTime now) {
    return now - minute.began >= k_minute || now < minute.began;
}

bool EventBudget::admits(const control::EventLine& line) {
    if (!line.slot || !is_at_will(line)) {
        return true;
    }
    const auto [it, is_new] = minutes_.try_emplace(*line.slot, Minute{line.at, {}});
    Minute& minute = it->second;
    // One with a rest stands until that has been told.
    if (is_over(minute, line.at) && in_words(minute.counts).empty()) {
        minute = {line.at, {}};
    }
    return ++minute.counts[line.event] <= k_lines_a_minute;
}

std::vector<control::EventLine> EventBudget::told(WallTime now, bool of_all) {
    std::vector<control::EventLine> lines;
    std::erase_if(minutes_, [&](const auto& entry) {
        const auto& [slot, minute] = entry;
        const bool over = of_all || is_over(minute, now);
        if (const std::string text = in_words(minute.counts); over && !text.empty()) {
            lines.push_back({.at = now,
                             .event = control::name_of(EventName::more),
                             .slot = slot,
                             .members = {{"text", text}}});
        }
        return over;
    });
    return lines;
}

std::vector<control::EventLine> EventBudget::rest(WallTime now) {
    return told(now, false);
}

std::vector<control::EventLine> EventBudget::all_rest(WallTime now) {
    return told(now, true);
}

} // namespace recycler::events
