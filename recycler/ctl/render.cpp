#include "recycler/ctl/render.hpp"

#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/text.hpp"
#include "recycler/death/verdict.hpp"

#include <cstdio>

namespace recycler::ctl {

using control::EventLine;
using control::EventValue;
using control::Record;

namespace {

constexpr std::size_t k_indent = 2;

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

std::string worker_text(const Record& record) {
    return printable(record.slot) + "." + std::to_string(record.generation) +
           (record.pid ? " (pid " + std::to_string(*record.pid) + ")" : "");
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
        record.requests ? "served " + grouped(*record.requests) + " requests" : "requests unknown";
    return record.age ? text + " in " + long_span(*record.age) : text;
}

std::string in_flight_text(const control::InFlight& in_flight) {
    std::string text =
        printable(in_flight.method.value_or("?")) + " " + printable(in_flight.uri.value_or("?"));
    return in_flight.seconds ? text + " for " + long_span(*in_flight.seconds) : text;
}

// "  label: text", wrapped, the text under itself.
std::string labelled(const std::string& label, const std::string& text, const Style& style) {
    constexpr std::size_t k_label = 12;
    const std::size_t indent = k_indent + k_label;
    const std::size_t room = style.width > indent + 20 ? style.width - indent : 20;
    std::string out;
    std::string lead = std::string(k_indent, ' ') + padded(label, k_label, Align::left);
    for (const std::string& line : wrapped(text, room)) {
        out += lead + line + "\n";
        lead = std::string(indent, ' ');
    }
    return out;
}

std::string render_record(const Record& record, const Style& style) {
    std::string out = paint(worker_text(record), Paint::bold, style) + "  " +
                      paint(printable(record.verdict), paint_for_verdict(record.verdict), style) +
                      "  " + date_text(record.at) + "\n";
    const std::size_t room = style.width > k_indent + 20 ? style.width - k_indent : 20;
    for (const std::string& line : wrapped(printable(record.sentence), room)) {
        out += std::string(k_indent, ' ') + line + "\n";
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
    std::string label = "proof";
    for (const auto& [name, value] : record.evidence) {
        out += labelled(label, printable(name) + ": " + printable(value), style);
        label.clear();
    }
    label = "stderr";
    for (const std::string& line : record.stderr_lines) {
        out += labelled(label, "| " + printable(line), style);
        label.clear();
    }
    return out;
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

} // namespace

std::string paint(std::string text, Paint with, const Style& style) {
    if (style.colours == Colours::off || with == Paint::plain || text.empty()) {
        return text;
    }
    return std::string(code_of(with)) + text + "\x1b[0m";
}

Paint paint_for_verdict(std::string_view verdict) {
    const auto known = death::verdict_named(verdict);
    return known && !death::is_warning(*known) ? Paint::plain : Paint::bad;
}

std::string render_why(const std::vector<Record>& records, const Style& style) {
    std::string out;
    for (const Record& record : records) {
        out += (out.empty() ? "" : "\n") + render_record(record, style);
    }
    return out.empty() ? "nothing has ended\n" : out;
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
            out += " " + printable(name) + "=" + value_text(value);
        }
    }
    return out + sentence + "\n";
}

std::string render_order(const control::OrderReply& order, const Style& style) {
    std::string out;
    for (const control::Progress& progress : order.slots) {
        out += paint(printable(progress.slot), Paint::bold, style) + "  " +
               printable(progress.state) + (progress.note ? "  " + printable(*progress.note) : "") +
               "\n";
    }
    return out;
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
