#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/render.hpp"
#include "recycler/ctl/slot_notes.hpp"
#include "recycler/ctl/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace recycler::ctl {

using control::Gate;
using control::SlotState;
using control::SlotStatus;
using control::Snapshot;
using control::WorkerStatus;

namespace {

// From here on there is room for notes beside the table.
constexpr std::size_t k_wide = 110;
constexpr std::size_t k_narrowest_note = 20;
constexpr std::size_t k_longest_bar = 10;
constexpr std::size_t k_shortest_bar = 4;
constexpr std::size_t k_gap = 2;
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
using Row = std::array<Cell, columns>;

Cell state_cell(SlotState slot_state) {
    const std::string name(to_string(slot_state));
    switch (slot_state) {
    case SlotState::serving:
        return {name, Paint::good};
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

// How full a worker is; nullopt where either side is unknown.
std::optional<double> fullness(const WorkerStatus& worker) {
    const auto& [bloat, current, peak, max, recycle_at] = worker.memory;
    if (!bloat || !max || max->count == 0) {
        return std::nullopt;
    }
    return static_cast<double>(bloat->count) / static_cast<double>(max->count);
}

std::string bar_of(double full, std::size_t length) {
    const auto marks = static_cast<std::size_t>(
        std::clamp(std::lround(full * static_cast<double>(length)), 0L, static_cast<long>(length)));
    return "[" + std::string(marks, '#') + std::string(length - marks, '.') + "] ";
}

// "[######....] 196M/256M  76%". No limit: the size alone.
Cell memory_cell(const WorkerStatus& worker, std::size_t bar) {
    const auto& [bloat, current, peak, max, recycle_at] = worker.memory;
    const std::string used = bloat ? short_size(*bloat) : "?";
    const auto full = fullness(worker);
    const std::string padded_used = padded(used, 4, Align::right);
    const std::string skipped(bar > 0 ? bar + 3 : 0, ' ');
    if (!full) {
        return {skipped + padded_used + (max ? "/" + short_size(*max) : "")};
    }
    const std::string percent = std::to_string(std::lround(*full * 100)) + "%";
    const Paint how = *full >= 0.9 ? Paint::bad : *full >= 0.7 ? Paint::warning : Paint::plain;
    return {(bar > 0 ? bar_of(*full, bar) : "") + padded_used + "/" +
                padded(short_size(*max), 4, Align::left) + " " + padded(percent, 4, Align::right),
            how};
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
    return {counted.oldest ? count + " " + short_span(*counted.oldest) : count};
}

Row row_of(const SlotStatus& status, std::size_t bar) {
    Row row;
    row[slot] = {printable(status.slot), Paint::bold};
    row[state] = state_cell(status.state);
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
    row[memory] = memory_cell(worker, bar);
    row[requests] = {worker.requests.served ? grouped(*worker.requests.served) : "?"};
    row[in_flight] = in_flight_cell(worker);
    return row;
}

using Widths = std::array<std::size_t, columns>;

Widths widths_of(const std::vector<Row>& rows) {
    Widths widths{};
    for (std::size_t i = 0; i < columns; ++i) {
        widths[i] = k_titles[i].size();
        for (const Row& row : rows) {
            widths[i] = std::max(widths[i], width_of(row[i].text));
        }
    }
    return widths;
}

std::size_t total(const Widths& widths) {
    std::size_t sum = 0;
    for (const std::size_t width : widths) {
        sum += width + k_gap;
    }
    return sum - k_gap;
}

std::vector<Row> rows_of(const Snapshot& snapshot, std::size_t bar) {
    std::vector<Row> rows;
    rows.reserve(snapshot.slots.size());
    for (const SlotStatus& status : snapshot.slots) {
        rows.push_back(row_of(status, bar));
    }
    return rows;
}

// As long a bar as fits, or none.
std::size_t bar_for(const Snapshot& snapshot, std::size_t room) {
    const std::size_t bare = total(widths_of(rows_of(snapshot, 0))) + 3;
    const std::size_t left = room > bare ? std::min(room - bare, k_longest_bar) : 0;
    return left >= k_shortest_bar ? left : 0;
}

std::string line_of(const Row& row, const Widths& widths, const Style& style) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
        const bool is_last = i + 1 == columns;
        const std::string text = is_last ? row[i].text : padded(row[i].text, widths[i], k_align[i]);
        line += paint(text, row[i].paint, style) + (is_last ? "" : std::string(k_gap, ' '));
    }
    return line;
}

std::string title_line(const Widths& widths, const Style& style) {
    Row row;
    for (std::size_t i = 0; i < columns; ++i) {
        row[i].text = k_titles[i];
    }
    return paint(line_of(row, widths, Style{style.width, Colours::off, style.now}), Paint::dim,
                 style);
}

// A row and its notes: beside it where there is room, else below.
std::string with_notes(const Row& row, const Widths& widths, const std::string& notes,
                       const Style& style) {
    std::string line = line_of(row, widths, style);
    if (notes.empty()) {
        return line + "\n";
    }
    const std::size_t table = total(widths) + k_gap;
    const bool is_beside = style.width >= k_wide && style.width >= table + k_narrowest_note;
    const std::size_t indent = is_beside ? table : k_note_indent;
    const std::vector<std::string> lines = wrapped(notes, style.width - indent);
    if (is_beside) {
        line +=
            std::string(table - total(widths) + widths[in_flight] - width_of(row[in_flight].text),
                        ' ') +
            lines.front() + "\n";
    } else {
        line += "\n" + std::string(indent, ' ') + lines.front() + "\n";
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
        line += std::string(indent, ' ') + lines[i] + "\n";
    }
    return line;
}

} // namespace

std::string render_status(const Snapshot& snapshot, const Style& style) {
    std::string out = render_head(snapshot, style);
    if (snapshot.slots.empty()) {
        return out;
    }
    const std::size_t room =
        style.width >= k_wide ? style.width - k_narrowest_note - k_gap : style.width;
    const std::vector<Row> rows = rows_of(snapshot, bar_for(snapshot, room));
    const Widths widths = widths_of(rows);
    const Detail detail = style.width >= k_wide ? Detail::full : Detail::urgent;
    out += title_line(widths, style) + "\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out += with_notes(rows[i], widths, notes_of(snapshot.slots[i], detail, style), style);
    }
    return out;
}

} // namespace recycler::ctl
