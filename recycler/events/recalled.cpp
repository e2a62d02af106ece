// SPDX-License-Identifier: MIT
#include "recycler/events/recalled.hpp"

#include <algorithm>
#include <charconv>

namespace recycler::events {

namespace {

// A line each: "-" and the JSON of what was recalled, or the number of a record and its JSON. A
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
    for (const std::string& line : recalled.lines) {
        put(out, "-", line);
    }
    return out;
}

EventStore::Recalled recalled_from(std::string_view bytes, std::size_t ended) {
    EventStore::Recalled recalled;
    recalled.records.resize(ended);
    while (!bytes.empty()) {
        const std::string_view line = bytes.substr(0, bytes.find('\n'));
        bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
        const std::size_t space = std::min(line.find(' '), line.size());
        const std::string_view json = line.substr(std::min(space + 1, line.size()));
        std::size_t number = 0;
        const auto read = std::from_chars(line.data(), line.data() + space, number);
        if (line.starts_with("- ")) {
            recalled.lines.emplace_back(json);
        } else if (read.ec == std::errc() && number < ended) {
            recalled.records[number] = json;
        }
    }
    return recalled;
}

} // namespace recycler::events
