// SPDX-License-Identifier: MIT
#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/render/render.hpp"
#include "recycler/ctl/render/slot_notes.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace recycler::ctl {

using control::Gate;
using control::SlotState;
using control::SlotStatus;
using control::Snapshot;
using control::WorkerMemory;
using control::WorkerStatus;

namespace {

// From here on there is room for notes beside the table.
constexpr std::size_t k_wide = 140;
constexpr std::size_t k_narrowest_note = 50;
constexpr std::size_t k_longest_bar = 20;
constexpr std::size_t k_shortest_bar = 4;
constexpr std::size_t k_note_indent = 5;

struct Cell {
    std::string text;
    Paint paint = Paint::plain;
};

enum Column : std::size_t { slot, state, gate, pid, age, memory, requests, in_flight, columns };
constexpr std::array<std::string_view, columns> k_titles{"SLOT", "STATE",  "GATE",     "PID",
                                                         "AGE",  "MEMORY", "REQUESTS", "IN FLIGHT"};
constexpr std::array<Align, columns> k_align{Align::left,  Align::left, Align::left,  Align::right,
                                             Align::right, Align::left, Align::right, Align::left};
using SlotRow = std::array<Cell, columns>;

Cell state_cell(const SlotStatus& status) {
    const std::string name(state_word(status));
    switch (status.state) {
    case SlotState::serving:
        return {name, name == to_string(SlotState::serving) ? Paint::good : Paint::warning};
    case SlotState::replacing:
    case SlotState::drained:
        return {name, Paint::warning};
    case SlotState::braked:
    case SlotState::empty:
        return {name, Paint::bad};
    }
    return {name};
}

Cell gate_cell(Gate slot_gate) {
    switch (slot_gate) {
    case Gate::open:
        return {"open"};
    case Gate::closed:
        return {"closed", Paint::warning};
    case Gate::unavailable:
        return {"n/a", Paint::dim};
    }
    return {};
}

double share(Bytes part, Bytes whole) {
    return static_cast<double>(part.count) / static_cast<double>(whole.count);
}

// "[####..|.] ": how full, and where it is recycled.
std::string bar_of(const WorkerMemory& memory, std::size_t length) {
    const auto at = [&](Bytes size) {
        const double place = share(size, *memory.max) * static_cast<double>(length);
        return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(length)));
    };
    const std::size_t marks = at(*memory.bloat);
    std::string bar = std::string(marks, '#') + std::string(length - marks, '.');
    if (memory.recycle_at) {
        bar[std::min(at(*memory.recycle_at), length - 1)] = '|';
    }
    return "[" + bar + "] ";
}

// A worker about to be recycled is worth a look; one that should have been is worth another.
Paint memory_paint(const WorkerMemory& memory) {
    const Bytes limit = memory.recycle_at.value_or(*memory.max);
    const double full = share(*memory.bloat, limit);
    return full >= (memory.recycle_at ? 1.0 : 0.9) ? Paint::bad
           : full >= 0.9                           ? Paint::warning
                                                   : Paint::plain;
}

// "[######.|.] 196M/256M". No limit: the size alone.
Cell memory_cell(const WorkerMemory& memory, std::size_t bar) {
    const std::string used =
        padded(memory.bloat ? short_size(*memory.bloat) : "?", 4, Align::right);
    const std::string limit =
        memory.max ? "/" + padded(short_size(*memory.max), 4, Align::left) : std::string();
    if (!memory.bloat || !memory.max || memory.max->count == 0) {
        return {std::string(bar > 0 ? bar + 3 : 0, ' ') + used + limit};
    }
    return {(bar > 0 ? bar_of(memory, bar) : "") + used + limit, memory_paint(memory)};
}

Cell in_flight_cell(const WorkerStatus& worker) {
    const auto& counted = worker.requests;
    if (!counted.in_flight) {
        return {"?", Paint::dim};
    }
    if (*counted.in_flight == 0) {
        return {"-"};
    }
    const std::string count = grouped(*counted.in_flight);
    if (!counted.oldest) {
        return {count};
    }
    return {count + " for " + short_span(*counted.oldest),
            *counted.oldest >= k_long_request ? Paint::warning : Paint::plain};
}

SlotRow row_of(const SlotStatus& status, std::size_t bar) {
    SlotRow row;
    row[slot] = {printable(status.slot), Paint::bold};
    row[state] = state_cell(status);
    row[gate] = gate_cell(status.gate);
    if (!status.worker) {
        for (const Column column : {pid, age, memory, requests, in_flight}) {
            row[column] = {"-", Paint::dim};
        }
        return row;
    }
    const WorkerStatus& worker = *status.worker;
    row[pid] = {worker.pid ? std::to_string(*worker.pid) : "?"};
    row[age] = {worker.age ? short_span(*worker.age) : "?"};
    row[memory] = memory_cell(worker.memory, bar);
    row[requests] = {worker.requests.served ? grouped(*worker.requests.served) : "?"};
    row[in_flight] = in_flight_cell(worker);
    return row;
}

using SlotWidths = std::array<std::size_t, columns>;

SlotWidths widths_of(const std::vector<SlotRow>& rows) {
    SlotWidths widths{};
    for (std::size_t i = 0; i < columns; ++i) {
        widths[i] = k_titles[i].size();
        for (const SlotRow& row : rows) {
            widths[i] = std::max(widths[i], width_of(row[i].text));
        }
    }
    return widths;
}

std::size_t total(const SlotWidths& widths) {
    std::size_t sum = 0;
    for (const std::size_t width : widths) {
        sum += width + k_column_gap;
    }
    return sum - k_column_gap;
}

std::vector<SlotRow> rows_of(const Snapshot& snapshot, std::size_t bar) {
    std::vector<SlotRow> rows;
    rows.reserve(snapshot.slots.size());
    for (const SlotStatus& status : snapshot.slots) {
        rows.push_back(row_of(status, bar));
    }
    return rows;
}

// Where the names of sockets leave no room for the rest, their ends tell them apart.
void clip_names(std::vector<SlotRow>& rows, std::size_t room) {
    constexpr std::size_t k_shortest_name = 12;
    const SlotWidths widths = widths_of(rows);
    const std::size_t table = total(widths);
    if (table <= room) {
        return;
    }
    const std::size_t over = table - room;
    const std::size_t kept =
        widths[slot] > over + k_shortest_name ? widths[slot] - over : k_shortest_name;
    for (SlotRow& row : rows) {
        row[slot].text = clipped_front(row[slot].text, kept);
    }
}

// As long a bar as fits, or none.
std::size_t bar_for(const Snapshot& snapshot, std::size_t room) {
    const std::size_t bare = total(widths_of(rows_of(snapshot, 0))) + 3;
    const std::size_t left = room > bare ? std::min(room - bare, k_longest_bar) : 0;
    return left >= k_shortest_bar ? left : 0;
}

std::string line_of(const SlotRow& row, const SlotWidths& widths, const Style& style) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
        const bool is_last = i + 1 == columns;
        const std::string text = is_last ? row[i].text : padded(row[i].text, widths[i], k_align[i]);
        line += paint(text, row[i].paint, style) + (is_last ? "" : std::string(k_column_gap, ' '));
    }
    return line;
}

std::string title_line(const SlotWidths& widths, const Style& style) {
    SlotRow row;
    for (std::size_t i = 0; i < columns; ++i) {
        row[i].text = k_titles[i];
    }
    return paint(line_of(row, widths, Style{style.width, Colours::off, style.now}), Paint::dim,
                 style);
}

// A row and its notes: beside it where there is room, else below.
std::string with_notes(const SlotRow& row, const SlotWidths& widths, const Notes& notes,
                       const Style& style) {
    std::string line = line_of(row, widths, style);
    if (notes.text.empty()) {
        return line + "\n";
    }
    const std::size_t table = total(widths) + k_column_gap;
    const bool is_beside = style.width >= k_wide && style.width >= table + k_narrowest_note;
    const std::size_t indent = is_beside ? table : k_note_indent;
    const std::size_t room = style.width > indent ? style.width - indent : 1;
    const std::vector<std::string> lines = wrapped(notes.text, room);
    const std::size_t here =
        table - k_column_gap - widths[in_flight] + width_of(row[in_flight].text);
    std::string lead = is_beside ? std::string(table - here, ' ') : "\n" + std::string(indent, ' ');
    for (const std::string& note : lines) {
        line += lead + paint(note, notes.paint, style) + "\n";
        lead = std::string(indent, ' ');
    }
    return line;
}

} // namespace

std::string render_status(const Snapshot& snapshot, const Style& style, const Shown& shown) {
    std::string out = render_head(snapshot, style, shown);
    if (snapshot.slots.empty()) {
        return out;
    }
    const std::size_t room =
        style.width >= k_wide ? style.width - k_narrowest_note - k_column_gap : style.width;
    std::vector<SlotRow> rows = rows_of(snapshot, bar_for(snapshot, room));
    clip_names(rows, room);
    const SlotWidths widths = widths_of(rows);
    const Detail detail = style.width >= k_wide ? Detail::full : Detail::urgent;
    out += title_line(widths, style) + "\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out += with_notes(rows[i], widths, notes_of(snapshot.slots[i], detail, style), style);
    }
    if (snapshot.spares) {
        out += render_spares(*snapshot.spares, style);
    }
    return out;
}

} // namespace recycler::ctl
