// SPDX-License-Identifier: MIT
// Any line of any balancer's log: finds out whose form it has, with or without what syslog, the
// journal or a container's log put around it, and reads it. Lines of several balancers may be
// mixed.
#pragma once

#include "recycler/explain/entry.hpp"
#include "recycler/explain/lines/frame.hpp"
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

    // `line`: without its end, of any length and any bytes. The texts of what it says point into it
    // or are valid until the next call.
    Line read(std::string_view line);

  private:
    Line read_plain(std::string_view line);
    // What a frame says of when a line was written.
    struct Written {
        WallTime at = k_no_time;
        bool has_zone = false;
    };
    Line read_body(std::string_view body, const Written& written);
    Line read_message(std::string_view body, const Written& written);
    Line read_field(std::string_view line);
    Line read_framed(std::string_view line);
    Line read_syslog(std::string_view line);

    LogClock clock_;
    Frames frames_;
    WallTime entry_time_ = k_no_time; // of the journal's entry, whose message follows
    bool worker_spoke_ = false;
};

} // namespace recycler::explain
