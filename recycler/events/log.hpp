// SPDX-License-Identifier: MIT
// What the daemon says to whoever reads its stderr: each line at its level. The logging library
// stands behind it and is compiled once.
#pragma once

#include <string>
#include <string_view>

namespace recycler::events::log {

enum class Level { debug, info, warning, error, critical };

// For people: with the time, its zone, the level and the app. For the journal, which knows the time
// and the unit: each line with its priority, "<4>" (sd-daemon(3)).
enum class Reader { person, journal };

// Once, before the first line is said.
void open(Reader reader);
// Whose daemon this is; until then no line names the app.
void name_app(std::string app);

// `text` as it is: nothing in it is a placeholder. What nobody takes is dropped, see StderrSink.
void say(Level level, std::string_view text);

// Each line of `text` as the journal reads its priority, '0' to '7', from stderr.
[[nodiscard]] std::string with_priority(std::string_view text, char priority);

} // namespace recycler::events::log
