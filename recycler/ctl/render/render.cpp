// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/render.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/base/text/spans.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/control/overloaded.hpp"
#include "recycler/control/progress.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/death/verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace recycler::ctl {

using control::EventLine;
using control::EventValue;

namespace {

std::string_view code_of(Paint with) {
    switch (with) {
    case Paint::plain:
        return "";
    case Paint::bold:
        return "\x1b[1m";
    case Paint::dim:
        return "\x1b[2m";
    case Paint::good:
        return "\x1b[32m";
    case Paint::warning:
        return "\x1b[33m";
    case Paint::bad:
        return "\x1b[1;31m";
    }
    return "";
}

std::string value_text(const EventValue& value) {
    return std::visit(control::Overloaded{
                          [](std::monostate) { return std::string("?"); },
                          [](bool truth) { return std::string(truth ? "yes" : "no"); },
                          [](std::int64_t number) { return std::to_string(number); },
                          [](double number) {
                              char text[32];
                              (void)std::snprintf(text, sizeof text, "%g", number);
                              return std::string(text);
                          },
                          [](const std::string& text) {
                              const std::string safe = printable(text);
                              return safe.find(' ') == std::string::npos ? safe
                                                                         : "\"" + safe + "\"";
                          },
                      },
                      value);
}

struct MemberUnit {
    std::string_view suffix;
    std::int64_t nanoseconds; // 0: bytes
};
constexpr std::array k_member_units{MemberUnit{"_us", 1'000}, MemberUnit{"_ms", 1'000'000},
                                    MemberUnit{"_s", 1'000'000'000}, MemberUnit{"_bytes", 0}};

// "exec=39.5ms" for exec_us: JSON has the unit in the name, and a person reads it beside the
// number.
std::string member_text(const std::string& name, const EventValue& value) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto unit = std::ranges::find_if(
        k_member_units, [&name](const MemberUnit& one) { return name.ends_with(one.suffix); });
    if (whole == nullptr || *whole < 0 || unit == k_member_units.end()) {
        return printable(name) + "=" + value_text(value);
    }
    const std::string text =
        unit->nanoseconds == 0
            ? short_size(Bytes{static_cast<std::uint64_t>(*whole)})
            : text::span_text(
                  Duration(std::min(*whole, INT64_MAX / unit->nanoseconds) * unit->nanoseconds));
    return printable(std::string_view(name).substr(0, name.size() - unit->suffix.size())) + "=" +
           text;
}

// "7012  draining  1 request in flight for 12 s: GET /report", on one line of the terminal.
std::string progress_line(const control::Progress& progress, std::size_t widest,
                          const Style& style) {
    const std::string slot = padded(printable(progress.slot), widest, Align::left);
    const std::string state = printable(progress.state);
    const std::string note = progress.note ? "  " + printable(*progress.note) : "";
    const std::size_t taken = width_of(slot) + 2 + width_of(state);
    const std::size_t room = style.width > taken + 10 ? style.width - taken : 10;
    const Paint how = control::is_last_word(progress.state) ? Paint::good : Paint::warning;
    return paint(slot, Paint::bold, style) + "  " + paint(state, how, style) + clipped(note, room);
}

} // namespace

std::string paint(std::string text, Paint with, const Style& style) {
    if (style.colours == Colours::off || with == Paint::plain || text.empty()) {
        return text;
    }
    return std::string(code_of(with)) + text + "\x1b[0m";
}

Paint paint_for_verdict(std::string_view verdict) {
    return death::is_unexpected(verdict) ? Paint::bad : Paint::plain;
}

std::string render_event(const EventLine& line, const Style& style) {
    std::string worker = line.slot ? printable(*line.slot) : "";
    if (line.generation) {
        worker += "." + std::to_string(*line.generation);
    }
    std::string out = date_text(line.at) + "  " + padded(worker, 8, Align::left) + "  " +
                      paint(printable(line.event), Paint::bold, style);
    std::string sentence;
    for (const auto& [name, value] : line.members) {
        const auto* text = std::get_if<std::string>(&value);
        if (name == "sentence" && text != nullptr) {
            sentence = "  " + printable(*text);
        } else {
            out += " " + member_text(name, value);
        }
    }
    return out + sentence + "\n";
}

std::string render_order(const control::OrderReply& order, const Style& style) {
    std::size_t widest = 0;
    for (const control::Progress& progress : order.slots) {
        widest = std::max(widest, width_of(printable(progress.slot)));
    }
    std::string out;
    for (const control::Progress& progress : order.slots) {
        out += progress_line(progress, widest, style) + "\n";
    }
    return out;
}

std::string render_progress(const std::vector<control::Progress>& slots,
                            const ProgressStyle& style) {
    std::vector<const control::Progress*> waiting;
    std::size_t widest = 0;
    for (const control::Progress& progress : slots) {
        if (!control::is_last_word(progress.state)) {
            waiting.push_back(&progress);
            widest = std::max(widest, width_of(printable(progress.slot)));
        }
    }
    const std::size_t done = slots.size() - waiting.size();
    const std::string count = std::to_string(done) + " of " +
                              text::counted_plain(slots.size(), "slot") + " done" +
                              (waiting.empty() ? "" : "; Ctrl-C ends only the waiting");
    std::string out = clipped(count, style.style.width) + "\n";
    // The first line, and the last one that counts what does not fit.
    const std::size_t room = style.lines > 2 ? style.lines - 2 : 1;
    for (std::size_t i = 0; i < std::min(room, waiting.size()); ++i) {
        out += progress_line(*waiting[i], widest, style.style) + "\n";
    }
    return waiting.size() <= room
               ? out
               : out + "and " + std::to_string(waiting.size() - room) + " more\n";
}

std::string redrawn(const std::string& page, std::size_t rows) {
    std::vector<std::string_view> lines;
    for (std::string_view rest = page; !rest.empty();) {
        lines.push_back(text::take_line(rest));
    }
    const std::size_t room = std::max<std::size_t>(rows, 2) - 1; // the cursor stands on the last
    const std::size_t shown = lines.size() <= room ? lines.size() : room - 1;
    constexpr std::string_view k_to_line_end = "\x1b[K\n";
    std::string out = "\x1b[H";
    for (std::size_t i = 0; i < shown; ++i) {
        out.append(lines[i]).append(k_to_line_end);
    }
    if (shown < lines.size()) {
        out += "... " + std::to_string(lines.size() - shown) + " more lines";
        out += k_to_line_end;
    }
    return out + "\x1b[J";
}

std::string render_reload(const control::ReloadReply& reload, const Style&) {
    if (reload.changes.empty()) {
        return "the policy is unchanged\n";
    }
    std::string out;
    for (const std::string& change : reload.changes) {
        out += printable(change) + "\n";
    }
    return out;
}

} // namespace recycler::ctl
