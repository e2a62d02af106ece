// The records of `why`: a page for each that somebody asked for, a few lines for each of many.
#include "recycler/ctl/render.hpp"
#include "recycler/ctl/text.hpp"

#include <algorithm>

namespace recycler::ctl {

using control::EvidenceItem;
using control::Record;

namespace {

constexpr std::size_t k_indent = 2;
constexpr std::size_t k_label = 11;
constexpr std::size_t k_narrowest = 20; // a terminal narrower than this is not wrapped for

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
    std::string text = !record.requests ? "requests unknown"
                                        : "served " + grouped(*record.requests) +
                                              (*record.requests == 1 ? " request" : " requests");
    return record.age ? text + " in " + long_span(*record.age) : text;
}

std::string in_flight_text(const control::InFlight& in_flight) {
    std::string text =
        printable(in_flight.method.value_or("?")) + " " + printable(in_flight.uri.value_or("?"));
    return in_flight.seconds ? text + " for " + long_span(*in_flight.seconds) : text;
}

std::size_t room_after(std::size_t indent, const Style& style) {
    return style.width > indent + k_narrowest ? style.width - indent : k_narrowest;
}

// Wrapped, each line indented.
std::string paragraph(const std::string& text, const Style& style) {
    std::string out;
    for (const std::string& line : wrapped(text, room_after(k_indent, style))) {
        out += std::string(k_indent, ' ') + line + "\n";
    }
    return out;
}

// "  label: text", wrapped, the text under itself.
std::string labelled(const std::string& label, const std::string& text, const Style& style) {
    const std::size_t indent = k_indent + k_label;
    std::string out;
    std::string lead =
        std::string(k_indent, ' ') + paint(padded(label, k_label, Align::left), Paint::dim, style);
    for (const std::string& line : wrapped(text, room_after(indent, style))) {
        out += lead + line + "\n";
        lead = std::string(indent, ' ');
    }
    return out;
}

// Several lines under one label.
std::string labelled(const std::string& label, const std::vector<std::string>& texts,
                     const Style& style) {
    std::string out;
    for (const std::string& text : texts) {
        out += labelled(out.empty() ? label : "", text, style);
    }
    return out;
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

std::string whole_record(const Record& record, const Style& style) {
    std::string out = title(record, style) +
                      (record.pid ? "  pid " + std::to_string(*record.pid) : "") + "\n" +
                      paragraph(printable(record.sentence), style);
    if (record.next_step) {
        out += labelled("next", printable(*record.next_step), style);
    }
    if (record.trigger) {
        out += labelled("trigger", printable(*record.trigger), style);
    }
    out += labelled("life", life_text(record), style);
    if (record.in_flight) {
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
    return out + labelled("stderr", written, style);
}

// What was planned in one line, what was not in as few as say what happened and what to do.
std::string short_record(const Record& record, const Style& style) {
    if (paint_for_verdict(record.verdict) == Paint::plain) {
        const std::string trigger =
            record.trigger ? " (" + printable(*record.trigger) + ")" : std::string();
        return clipped(date_text(record.at) + "  " + worker_text(record) + "  " +
                           printable(record.verdict) + trigger + ", " + life_text(record),
                       room_after(0, style)) +
               "\n";
    }
    std::string out = title(record, style) + "\n" + paragraph(printable(record.sentence), style);
    return record.next_step ? out + labelled("next", printable(*record.next_step), style) : out;
}

} // namespace

std::string render_why(const std::vector<Record>& records, Depth depth, const Style& style) {
    if (records.empty()) {
        return "nothing has ended\n";
    }
    std::string out;
    Paint last = Paint::plain;
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
        const bool is_whole = depth == Depth::whole || records.size() == 1;
        const Paint kind = paint_for_verdict(record->verdict);
        // One-line records stand together, all others apart.
        const bool apart = is_whole || kind == Paint::bad || last == Paint::bad;
        out += (apart && !out.empty() ? "\n" : "") +
               (is_whole ? whole_record(*record, style) : short_record(*record, style));
        last = kind;
    }
    return out;
}

} // namespace recycler::ctl
