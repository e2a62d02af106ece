// SPDX-License-Identifier: MIT
#include "recycler/events/recalled.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>

namespace recycler::events {

namespace {

// A line each: "-" and the JSON of what was recalled, the number of a record and its JSON, or "!"
// and the trouble. A
// line of ours holds no newline; one that somebody else wrote into the journal is left out.
void put(std::string& out, const std::string& lead, const std::string& json) {
    if (json.find('\n') == std::string::npos) {
        out += lead + " " + json + "\n";
    }
}

} // namespace

std::string to_bytes(const EventStore::Recalled& recalled) {
    std::string out;
    for (std::size_t i = 0; i < recalled.records.size(); ++i) {
        if (recalled.records[i]) {
            put(out, std::to_string(i), *recalled.records[i]);
        }
    }
    if (!recalled.trouble.empty()) {
        put(out, "!", recalled.trouble);
    }
    for (const std::string& line : recalled.lines) {
        put(out, "-", line);
    }
    return out;
}

EventStore::Recalled recalled_from(std::string_view bytes, std::size_t ended) {
    EventStore::Recalled recalled;
    recalled.records.resize(ended);
    while (!bytes.empty()) {
        const std::string_view line = text::take_line(bytes);
        std::string_view json = line;
        const auto number = text::number_at_front<std::size_t>(text::take_until(json, " "));
        if (line.starts_with("- ")) {
            recalled.lines.emplace_back(json);
        } else if (line.starts_with("! ")) {
            recalled.trouble = json;
        } else if (number && *number < ended) {
            recalled.records[*number] = json;
        }
    }
    return recalled;
}

} // namespace recycler::events
