// SPDX-License-Identifier: MIT
// The records of `why`: a page for the one that somebody asked for, a few lines for each of many.
#include "recycler/ctl/render/labelled.hpp"
#include "recycler/ctl/render/render.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/death/verdict.hpp"

#include <algorithm>

namespace recycler::ctl {

using control::EvidenceItem;
using control::Record;

namespace {

constexpr std::size_t k_others_shown = 10;

std::string worker_text(const Record& record) {
    return printable(record.slot) + "." + std::to_string(record.generation);
}

std::string size_or_unknown(const std::optional<Bytes>& size) {
    return size ? short_size(*size) : "?";
}

// "bloat 250M, peak 256M, max 256M, +1.2M per request"; empty: nothing is known.
std::string memory_text(const Record& record) {
    const auto& memory = record.memory;
    if (!memory.bloat && !memory.peak && !memory.max) {
        return "";
    }
    std::string text = "bloat " + size_or_unknown(memory.bloat) + ", peak " +
                       size_or_unknown(memory.peak) + ", max " +
                       (memory.max ? short_size(*memory.max) : "none");
    if (const auto& growth = record.growth_bytes_per_request) {
        const Bytes amount{*growth < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(*growth)
                                       : static_cast<std::uint64_t>(*growth)};
        text += std::string(", ") + (*growth < 0 ? "-" : "+") + short_size(amount) + " per request";
    }
    return text;
}

// "served 1,386 requests in 2 h 3 min".
std::string life_text(const Record& record) {
    std::string text =
        !record.requests ? "requests unknown" : "served " + counted(*record.requests, "request");
    return record.age ? text + " in " + long_span(*record.age) : text;
}

std::string in_flight_text(const control::InFlight& in_flight) {
    std::string text =
        printable(in_flight.method.value_or("?")) + " " + printable(in_flight.uri.value_or("?"));
    return in_flight.seconds ? text + " for " + long_span(*in_flight.seconds) : text;
}

// "GET /report for 12 s: cut off".
std::vector<std::string> request_lines(const Record& record) {
    std::vector<std::string> lines;
    for (const control::LastRequest& each : record.last_requests) {
        const std::string which =
            each.uri ? in_flight_text({each.method, each.uri, each.seconds})
                     : counted(each.count, "request") + " whose names are not known";
        std::string outcome = printable(each.outcome);
        std::ranges::replace(outcome, '-', ' ');
        lines.push_back(which + ": " +
                        (each.outcome == "unknown" ? "what became of it is unknown" : outcome));
    }
    return lines;
}

std::string title(const Record& record, const Style& style) {
    const std::string when =
        style.now >= record.at ? " (" + long_span(style.now - record.at) + " ago)" : std::string();
    return paint(worker_text(record), Paint::bold, style) + "  " +
           paint(printable(record.verdict), paint_for_verdict(record.verdict), style) + "  " +
           date_text(record.at) + when;
}

// Evidence of the form "thread 4711 (ruby)": what each thread was doing.
bool is_thread(const EvidenceItem& item) {
    return item.name.starts_with("thread ");
}

// Threads that do the same stand together: "4711 (ruby), 4712 (ruby): sleeping in futex".
std::vector<std::string> thread_lines(const std::vector<EvidenceItem>& evidence) {
    std::vector<std::pair<std::string, std::string>> doings; // what, and who
    for (const EvidenceItem& item : evidence) {
        if (!is_thread(item)) {
            continue;
        }
        const std::string who = printable(item.name.substr(std::string_view("thread ").size()));
        const auto same =
            std::ranges::find(doings, item.value, [](const auto& d) { return d.first; });
        if (same == doings.end()) {
            doings.emplace_back(item.value, who);
        } else {
            same->second += ", " + who;
        }
    }
    std::vector<std::string> lines;
    lines.reserve(doings.size());
    for (const auto& [what, who] : doings) {
        lines.push_back(who + ": " + printable(what));
    }
    return lines;
}

std::vector<std::string> proof_lines(const std::vector<EvidenceItem>& evidence) {
    std::vector<std::string> lines;
    for (const EvidenceItem& item : evidence) {
        if (!is_thread(item)) {
            lines.push_back(printable(item.name) + ": " + printable(item.value));
        }
    }
    return lines;
}

std::string whole_record(const Record& record, const std::vector<std::string>& advice,
                         const Style& style) {
    std::string out = title(record, style) +
                      (record.pid ? "  pid " + std::to_string(*record.pid) : "") + "\n" +
                      paragraph(printable(record.sentence), style);
    if (record.trigger) {
        out += labelled("trigger", printable(*record.trigger), style);
    }
    out += labelled("life", life_text(record), style);
    const bool has_others =
        record.last_requests.size() > 1 || (record.last_requests.size() == 1 && !record.in_flight);
    if (has_others) {
        out += labelled("requests", request_lines(record), style);
    } else if (record.in_flight) {
        out += labelled("in flight", in_flight_text(*record.in_flight), style);
    }
    if (const std::string memory = memory_text(record); !memory.empty()) {
        out += labelled("memory", memory, style);
    }
    out += labelled("proof", proof_lines(record.evidence), style);
    out += labelled("threads", thread_lines(record.evidence), style);
    std::vector<std::string> written;
    for (const std::string& line : record.stderr_lines) {
        written.push_back("| " + printable(line));
    }
    out += labelled("stderr", written, style);
    std::vector<std::string> next;
    if (record.next_step) {
        next.push_back(printable(*record.next_step));
    }
    next.insert(next.end(), advice.begin(), advice.end());
    return out + labelled("next", next, style);
}

std::string one_line(const Record& record, const Style& style) {
    const std::string trigger =
        record.trigger ? " (" + printable(*record.trigger) + ")" : std::string();
    return clipped(date_text(record.at) + "  " + worker_text(record) + "  " +
                       printable(record.verdict) + trigger + ", " + life_text(record),
                   room_after(0, style)) +
           "\n";
}

// What was planned in one line, what was not in as few as say what happened and what to do.
std::string short_record(const Record& record, const Style& style) {
    if (paint_for_verdict(record.verdict) == Paint::plain) {
        return one_line(record, style);
    }
    std::string out = title(record, style) + "\n" + paragraph(printable(record.sentence), style);
    return record.next_step ? out + labelled("next", printable(*record.next_step), style) : out;
}

// The one that was asked for: the newest that somebody should see, else the newest.
std::vector<Record>::const_iterator explained_of(const std::vector<Record>& records) {
    const auto unexpected = std::ranges::find_if(
        records, [](const Record& record) { return death::is_unexpected(record.verdict); });
    return unexpected == records.end() ? records.begin() : unexpected;
}

// A line for each, the oldest first.
std::string other_ends(const std::vector<Record>& records, const Record& explained,
                       const Style& style) {
    const std::size_t shown = std::min(records.size(), k_others_shown + 1);
    std::string out;
    for (std::size_t i = shown; i-- > 0;) {
        if (&records[i] != &explained) {
            out += one_line(records[i], style);
        }
    }
    if (records.size() > shown) {
        out = "older: recyclerctl --json why " + printable(explained.slot) + "\n" + out;
    }
    return out;
}

} // namespace

std::string render_ends(const std::vector<Record>& records, const Style& style) {
    if (records.empty()) {
        return "nothing has ended\n";
    }
    std::string out;
    Paint last = Paint::plain;
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
        const Paint kind = paint_for_verdict(record->verdict);
        // One-line records stand together, all others apart.
        const bool apart = kind == Paint::bad || last == Paint::bad;
        out += (apart && !out.empty() ? "\n" : "") + short_record(*record, style);
        last = kind;
    }
    return out;
}

std::string render_why(const std::vector<Record>& records, const History& history,
                       const Style& style) {
    if (records.empty()) {
        return "nothing has ended\n";
    }
    const Record& explained = *explained_of(records);
    const std::string others = other_ends(records, explained, style);
    return others + (others.empty() ? "" : "\n") +
           whole_record(explained, advice_for(explained, history), style);
}

} // namespace recycler::ctl
