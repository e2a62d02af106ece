#include "recycler/ctl/render.hpp"

#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/text.hpp"
#include "recycler/death/verdict.hpp"

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
