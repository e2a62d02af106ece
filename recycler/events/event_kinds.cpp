// SPDX-License-Identifier: MIT
#include "recycler/events/event_kinds.hpp"

#include "recycler/death/verdict.hpp"

#include <algorithm>

namespace recycler::events {

const EventKind* kind_of(const control::EventLine& line) {
    const auto* const found = std::ranges::find_if(k_event_kinds, [&](const EventKind& kind) {
        return to_string(kind.event) == line.event && !kind.phrase.empty();
    });
    return found == k_event_kinds.end() ? nullptr : &*found;
}

const EventKind& kind_of(const control::Record& record) {
    if (!death::is_unexpected(record.verdict)) {
        return k_worker_retired;
    }
    return record.kind == control::RecordKind::start_failure ? k_worker_not_started : k_worker_died;
}

std::optional<std::string> member(const control::EventLine& line, std::string_view name) {
    for (const auto& [key, value] : line.members) {
        if (key == name) {
            if (const auto* text = std::get_if<std::string>(&value)) {
                return *text;
            }
            if (const auto* number = std::get_if<std::int64_t>(&value)) {
                return std::to_string(*number);
            }
        }
    }
    return std::nullopt;
}

std::string in_words(const control::EventLine& line, std::string_view app) {
    if (auto sentence = member(line, "sentence")) {
        return std::move(*sentence);
    }
    std::string words = line.slot ? *line.slot : std::string(app);
    if (line.generation) {
        words += "." + std::to_string(*line.generation);
    }
    const EventKind* kind = kind_of(line);
    words += " " + (kind == nullptr ? line.event : std::string(kind->phrase));
    if (const auto trigger = member(line, "trigger")) {
        words += " (" + *trigger + ")";
    }
    if (const auto call = member(line, "call")) {
        words += ": " + *call;
    }
    if (const auto pid = member(line, "pid")) {
        words += ", process " + *pid;
    }
    const auto text = member(line, "text");
    return text ? words + ": " + *text : words;
}

control::EventLine ended(const control::Record& record) {
    return {.at = record.at,
            .event = control::name_of(EventName::ended),
            .slot = record.slot,
            .generation = record.generation,
            .members = {{"verdict", record.verdict}, {"sentence", record.sentence}}};
}

} // namespace recycler::events
