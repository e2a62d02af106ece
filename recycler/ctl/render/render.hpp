// SPDX-License-Identifier: MIT
// What recyclerctl prints for a person: status, records, events, the outcome of orders. Pure: from
// values to text; it knows neither the terminal nor the clock, both come in as Style. All that came
// from outside is made printable here.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/render/advice.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::ctl {

enum class Colours { off, on };

struct Style {
    std::size_t width = 80; // from 140 on, the notes of a slot stand beside it
    Colours colours = Colours::off;
    WallTime now; // for "3m ago"
};

enum class Paint { plain, bold, dim, good, warning, bad };
std::string paint(std::string text, Paint with, const Style& style);

// How much of a snapshot is shown.
struct Shown {
    // named: the snapshot has only the slots that somebody named.
    enum class Slots { all, named } slots = Slots::all;
    // brief: a line for each limitation. whole: all of its sentence.
    enum class Limitations { brief, whole } limitations = Limitations::brief;
    std::optional<std::size_t> rows = {}; // of a window that scrolls nothing; most are the table's
};

// Each ends with a newline unless it is empty.
std::string render_status(const control::Snapshot& snapshot, const Style& style,
                          const Shown& shown = {});
// The line of it for the workers that wait for a slot; empty: there are none, and none is wanted.
std::string render_spares(const std::vector<control::SpareStatus>& spares, const Style& style);
// Records come newest first. That there are none is said.
// The ends of one slot: the newest unexpected one (where none was, the newest) with all that is
// known of it and what to do next, below a line for each of the latest others.
std::string render_why(const std::vector<control::Record>& records, const History& history,
                       const Style& style);
// Each end, newest last, so that it stands above the prompt: planned ones in one line, the others
// without their proof.
std::string render_ends(const std::vector<control::Record>& records, const Style& style);
// Unexpected ends by their cause, the most harmful first. span: "in the last day".
std::string render_overview(const History& history, std::string_view span, const Style& style);
// Events `child-died`, oldest first; empty: there are none.
std::string render_child_deaths(const std::vector<control::EventLine>& events, const Style& style);
std::string render_event(const control::EventLine& line, const Style& style);
std::string render_order(const control::OrderReply& order, const Style& style);
// How far an order is: how many slots are done, and a line for each that is not, at most `lines` in
// all.
struct ProgressStyle {
    Style style;
    std::size_t lines = 23;
};
std::string render_progress(const std::vector<control::Progress>& slots,
                            const ProgressStyle& style);
std::string render_reload(const control::ReloadReply& reload, const Style& style);

// A page for a terminal of so many rows that shows the one before: each line is drawn over the old
// one, without clearing the screen first, which would flicker. What does not fit is counted.
std::string redrawn(const std::string& page, std::size_t rows);

// "oom-worker" is bad, "recycled" is not.
Paint paint_for_verdict(std::string_view verdict);

} // namespace recycler::ctl
