// SPDX-License-Identifier: MIT
// The JSON of the contract, both ways. Writing always gives valid JSON on one line without its end:
// bytes that are no UTF-8 become U+FFFD, texts and lists are cut at the bounds below. Reading
// checks every member's type and takes unknown members for granted, so that a newer daemon can be
// read. The JSON library stays behind this header.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/model/explained.hpp"
#include "recycler/control/model/linted.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace recycler::control {

// A worker chooses its URIs and what it writes to stderr. A longer text is cut at a character and
// ends in "...".
constexpr std::size_t k_longest_text = 4096;
// Lines of stderr, items of evidence, limitations, members of an event.
constexpr std::size_t k_longest_list = 1024;
// The snapshot needs 8 levels. Deeper input is refused before it is parsed.
constexpr std::size_t k_deepest_nesting = 32;

std::string to_json(const Snapshot& snapshot);
std::string to_json(const Record& record);
std::string to_json(const EventLine& line);
std::string to_json(const Reply& reply);
// {"findings":[{file,line,column,rule,severity,sentence,advice}],"faults":[{file,line,column,reason}]}:
// what `lint --json` prints.
std::string to_json(const Linted& linted);
// What `explain --json` prints.
std::string to_json(const ExplainedLog& log);

Result<Snapshot> snapshot_from_json(std::string_view text);
Result<Record> record_from_json(std::string_view text);
Result<EventLine> event_from_json(std::string_view text);

// "2026-01-09T11:44:38.250Z": UTC, milliseconds, rounded down.
std::string time_text(WallTime time);
// Reads what time_text() writes, and any number of fraction digits or none. Nullopt: not such a
// time.
std::optional<WallTime> time_from_text(std::string_view text);

} // namespace recycler::control
