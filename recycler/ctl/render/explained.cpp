// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/explained.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/ctl/render/labelled.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>

namespace recycler::ctl {

using control::ExplainedCause;
using control::ExplainedLog;

namespace {

constexpr std::size_t k_below_indent = 2;
constexpr std::size_t k_narrowest_end = 24; // for what stands in the last column
constexpr std::size_t k_worst = 5;

std::string is_are(std::uint64_t lines, const char* one, const char* many) {
    return counted(lines, "line") + " " + (lines == 1 ? one : many);
}

// 99 % stands for nearly all: 100 % is said of all only, and 0 % of none.
std::string share_text(std::uint64_t part, std::uint64_t whole) {
    const std::uint64_t share = whole == 0 ? 0 : (part * 100 + whole / 2) / whole;
    const bool some = part > 0 && part < whole;
    return std::to_string(some ? std::clamp<std::uint64_t>(share, 1, 99) : share) + " %";
}

// "11:44:38", or "01-09 11:44" where the log spans more than a day.
std::string moment(const std::optional<WallTime>& time, const ExplainedLog& log) {
    if (!time) {
        return "";
    }
    const bool days = log.first && *log.last - *log.first > std::chrono::hours(20);
    return days ? date_text(*time).substr(5, 11) : clock_text(*time).substr(0, 8);
}

struct CauseRow {
    std::string cause, lines, share, tried, first, last;
};

struct CauseWidths {
    std::size_t cause = 5, lines = 5, share = 5, tried = 5, moment = 5;
    explicit CauseWidths(const std::vector<CauseRow>& rows) {
        for (const CauseRow& row : rows) {
            cause = std::max(cause, width_of(row.cause));
            lines = std::max(lines, row.lines.size());
            tried = std::max(tried, row.tried.size());
            moment = std::max(moment, row.first.size());
        }
    }
};

// Behind the cause.
std::string row_text(const CauseRow& row, const CauseWidths& widths) {
    return "  " + padded(row.lines, widths.lines, Align::right) + "  " +
           padded(row.share, widths.share, Align::right) + "  " +
           padded(row.tried, widths.tried, Align::right) + "  " +
           padded(row.first, widths.moment, Align::left) + "  " + row.last + "\n";
}

std::string place_text(const control::ExplainedPlace& place) {
    std::string text = printable(place.where);
    if (!place.what.empty()) {
        text::add_to(text, " ", printable(place.what));
    }
    return text;
}

Paint paint_of(const ExplainedCause& cause) {
    if (cause.standing == "not-ours") {
        return Paint::dim;
    }
    if (cause.standing == "unexplained") {
        return Paint::warning;
    }
    return paint_for_verdict(cause.cause);
}

std::string table(const ExplainedLog& log, const Style& style) {
    const std::uint64_t whole = log.lines.of_backends + log.lines.not_ours;
    std::vector<CauseRow> rows;
    for (const ExplainedCause& cause : log.causes) {
        rows.push_back({printable(cause.cause), grouped(cause.lines),
                        share_text(cause.lines, whole),
                        cause.attempts == 0 ? "-" : grouped(cause.attempts),
                        moment(cause.first, log), moment(cause.last, log)});
    }
    if (rows.empty()) {
        return "";
    }
    const CauseWidths widths(rows);
    const CauseRow title{"CAUSE", "LINES", "SHARE", "TRIES", "FIRST", "LAST"};
    std::string text = "\n" +
                       paint(padded(title.cause, widths.cause, Align::left), Paint::bold, style) +
                       paint(row_text(title, widths), Paint::bold, style);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += paint(padded(rows[i].cause, widths.cause, Align::left), paint_of(log.causes[i]),
                      style) +
                row_text(rows[i], widths);
        for (const control::ExplainedPlace& place : log.causes[i].places) {
            const std::string front = std::string(widths.cause + k_below_indent, ' ') +
                                      padded(grouped(place.lines), widths.lines, Align::right) +
                                      "  ";
            const std::size_t room =
                std::max(style.width, front.size() + k_narrowest_end) - front.size();
            text += front + clipped(place_text(place), room) + "\n";
        }
    }
    return text;
}

// Up to the first full stop that ends a sentence: the proof stands in `why`.
std::string_view first_sentence(std::string_view text) {
    const std::size_t end = text.find(". ");
    return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

std::string worst(const ExplainedLog& log, const Style& style) {
    std::string text;
    for (std::size_t i = 0; i < std::min(log.deaths.size(), k_worst); ++i) {
        const control::ExplainedDeath& death = log.deaths[i];
        text += text.empty() ? "\nThe deaths behind most lines:\n" : "";
        const std::string said = date_text(death.at) + ", " + counted(death.lines, "line") + ": " +
                                 printable(first_sentence(death.sentence));
        for (const std::string& line : wrapped(
                 said, std::max(style.width, k_below_indent + k_narrowest_end) - k_below_indent)) {
            text += std::string(k_below_indent, ' ') + line + "\n";
        }
    }
    return text;
}

// Of the causes whose names do not say all.
std::string advice(const ExplainedLog& log, const Style& style) {
    std::string text;
    for (const ExplainedCause& cause : log.causes) {
        if (!cause.sentence) {
            continue;
        }
        text += text.empty() ? "\nWhat the causes mean, and what to do:\n" : "";
        std::string said = cause.cause + ": " + *cause.sentence;
        text::add_to(said, " ", cause.next_step.value_or(""));
        text += paragraph(printable(said), style);
    }
    return text;
}

std::string head(const ExplainedLog& log) {
    std::vector<std::string> files;
    for (const std::string& file : log.files) {
        files.push_back(printable(file));
    }
    std::string text = joined(files, ", ") + ": " + counted(log.lines.all, "line");
    if (log.first) {
        text += ", " + date_text(*log.first) + " to " + date_text(*log.last);
    }
    text += "\n";
    if (log.history.sources.empty()) {
        return text + "There is no history of the workers; this is what the log itself says.\n";
    }
    std::vector<std::string> sources;
    for (const std::string& source : log.history.sources) {
        sources.push_back(printable(source));
    }
    text += "History: " + grouped(log.history.deaths) + " ends, " + grouped(log.history.closings) +
            " closed gates (" + joined(sources, ", ") + ")\n";
    if (log.offset != Duration::zero()) {
        const bool ahead = log.offset > Duration::zero();
        text += "The balancer's clock is " + long_span(ahead ? log.offset : -log.offset) +
                (ahead ? " ahead of" : " behind") + " the workers'";
        text += log.offset_lines == 0 ? ", as you say.\n"
                                      : " (" + is_are(log.offset_lines, "says", "say") + " so).\n";
    }
    return text;
}

std::string foot(const ExplainedLog& log, const Style& style) {
    const control::ExplainedLines& lines = log.lines;
    const std::string unparsed = counted(lines.unparsed, "line") + " could not be read";
    const std::string sums = "Explained " + share_text(lines.explained, lines.of_backends) +
                             " of " + is_are(lines.of_backends, "that speaks", "that speak") +
                             " of FastCGI backends; " + is_are(lines.not_ours, "is", "are") +
                             " not about Recycler's workers, " +
                             is_are(lines.beside, "speaks", "speak") + " of the balancer itself" +
                             (log.unparsed.empty() ? "; " + unparsed : "") + ".";
    std::string text;
    for (const std::string& line : wrapped(sums, room_after(0, style))) {
        text += "\n" + line;
    }
    text += log.unparsed.empty() ? "\n" : "\n" + unparsed + ", such as:\n";
    for (const std::string& line : log.unparsed) {
        text += std::string(k_below_indent, ' ') + clipped(printable(line), 160) + "\n";
    }
    return text;
}

} // namespace

std::string render_explained(const ExplainedLog& log, const Style& style) {
    return head(log) + table(log, style) + worst(log, style) + advice(log, style) +
           foot(log, style);
}

} // namespace recycler::ctl
