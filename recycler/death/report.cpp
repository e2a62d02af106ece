// SPDX-License-Identifier: MIT
#include "recycler/death/report.hpp"

#include "recycler/base/text/split.hpp"
#include "recycler/death/report_rows.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace recycler::death {
namespace {

constexpr std::size_t k_frames_kept = 3;
constexpr std::size_t k_longest_way_to_frames = 100; // lines
// A report follows so closely on another one that it is about the same: glibc's line stands above
// that of the runtime whose handler it ran into.
constexpr std::size_t k_same_report = 3;

struct SignalWord {
    std::string_view words;
    int signal;
};
constexpr std::array k_signal_words{
    SignalWord{"Segmentation fault", SIGSEGV},
    SignalWord{"Segmentation Fault", SIGSEGV},
    SignalWord{"SIGSEGV", SIGSEGV},
    SignalWord{"AddressSanitizer: SEGV", SIGSEGV},
    SignalWord{"Bus error", SIGBUS},
    SignalWord{"Bus Error", SIGBUS},
    SignalWord{"SIGBUS", SIGBUS},
    SignalWord{"Illegal instruction", SIGILL},
    SignalWord{"Illegal Instruction", SIGILL},
    SignalWord{"SIGILL", SIGILL},
    SignalWord{"Floating point exception", SIGFPE},
    SignalWord{"Floating Point Exception", SIGFPE},
    SignalWord{"SIGFPE", SIGFPE},
    SignalWord{"Python error: Aborted", SIGABRT},
};

const ReportRow* row_at(Lines lines, std::size_t at) {
    const std::string_view line = lines[at];
    for (const ReportRow& row : report_rows()) {
        const bool marked =
            row.place == Place::front ? line.starts_with(row.mark) : text::contains(line, row.mark);
        if (marked && (row.holds == nullptr || row.holds(lines, at))) {
            return &row;
        }
    }
    return nullptr;
}

std::string cause_of(const ReportRow& row, Lines lines, std::size_t at) {
    return row.cause == nullptr ? lines[at] : row.cause(lines, at);
}

bool goes_on(std::string_view line) {
    constexpr std::array<std::string_view, 7> fronts{
        " ", "\t", "#", "Stack trace:", "Node.js v", "note: ", "stack backtrace:"};
    return text::trimmed(line).empty() ||
           std::ranges::any_of(fronts, [line](auto front) { return line.starts_with(front); });
}

// Nothing was written after it. A worker can write many lines that look like the first one.
bool is_last(Lines lines, std::size_t at, const std::string& cause) {
    constexpr std::size_t k_longest_report = 200; // lines
    return lines.size() - at <= k_longest_report &&
           std::ranges::all_of(lines.subspan(at + 1), [&](auto& line) {
               return goes_on(line) || text::contains(cause, line);
           });
}

std::vector<std::string> frames_of(const ReportRow& row, Lines lines, std::size_t at) {
    std::vector<std::string> frames;
    if (row.frame == nullptr) {
        return frames;
    }
    std::size_t passed = 0;
    for (const std::string& line : lines.subspan(at + 1)) {
        const auto frame = row.frame(line);
        if (frame) {
            frames.emplace_back(*frame);
        } else if ((!frames.empty() && !line.starts_with(' ') && !line.starts_with('\t')) ||
                   ++passed > k_longest_way_to_frames) {
            break;
        }
    }
    if (row.innermost == Innermost::last) {
        std::ranges::reverse(frames);
    } else if (row.innermost == Innermost::behind_trampoline && frames.size() > 1) {
        frames.erase(frames.begin());
    }
    frames.resize(std::min(frames.size(), k_frames_kept));
    return frames;
}

// In the line with the cause, or the two behind it.
std::optional<int> signal_of(const ReportRow& row, const std::string& cause, Lines lines,
                             std::size_t at) {
    if (row.signal == Signal::none) {
        return std::nullopt;
    }
    std::string words = cause;
    for (const auto& line :
         lines.subspan(at + 1, std::min<std::size_t>(2, lines.size() - at - 1))) {
        words += line.starts_with("[signal ") ? line : "";
    }
    const auto found = std::ranges::find_if(k_signal_words, [&words](const SignalWord& word) {
        return text::contains(words, word.words);
    });
    return found == k_signal_words.end() ? std::nullopt : std::optional(found->signal);
}

} // namespace

std::optional<Report> find_report(std::span<const std::string> lines) {
    for (std::size_t at = lines.size(); at-- > 0;) {
        const ReportRow* row = row_at(lines, at);
        if (row == nullptr) {
            continue;
        }
        std::string cause = cause_of(*row, lines, at);
        if (cause.empty() || (row->after == After::passing && !is_last(lines, at, cause))) {
            continue;
        }
        Report report{.runtime = row->runtime,
                      .line = cause,
                      .frames = frames_of(*row, lines, at),
                      .signal = signal_of(*row, cause, lines, at)};
        for (std::size_t above = 1; above <= std::min(k_same_report, at); ++above) {
            const ReportRow* first = row_at(lines, at - above);
            if (first != nullptr && first->after == After::fatal) {
                report.runtime = first->runtime;
                report.line = cause_of(*first, lines, at - above);
            }
        }
        return report;
    }
    return std::nullopt;
}

} // namespace recycler::death
