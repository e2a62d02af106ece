// SPDX-License-Identifier: MIT
// Any line of any balancer's log: finds out whose form it has, with or without what syslog or the
// journal put in front of it, and reads it. Lines of several balancers may be mixed.
#pragma once

#include "recycler/explain/entry.hpp"
#include "recycler/explain/lines/log_time.hpp"

namespace recycler::explain {

enum class LineKind {
    entry,
    continued, // goes on with what a worker said in the line before
    frame,     // no line of a log: a field of the journal's export form, or empty
    unknown,   // of no form that is known
};
struct Line {
    LineKind kind = LineKind::unknown;
    Entry entry{};
};

class LineReader {
  public:
    explicit LineReader(LogClock clock) : clock_(std::move(clock)) {}

    // `line`: without its end, of any length and any bytes.
    Line read(std::string_view line);

  private:
    Line read_plain(std::string_view line);
    Line read_body(std::string_view body, WallTime at);
    Line read_framed(std::string_view line);

    LogClock clock_;
    WallTime time_{}; // of the journal's entry, or of the line before: for messages without one
    bool worker_spoke_ = false;
};

} // namespace recycler::explain
