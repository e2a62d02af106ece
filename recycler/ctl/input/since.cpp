// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/since.hpp"

#include "policies/units.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/overloaded.hpp"

namespace recycler::ctl {

std::variant<std::optional<Since>, Told> since_of(const std::string& option,
                                                  const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    if (const auto time = control::time_from_text(text)) {
        return Since(*time);
    }
    const auto span = policies::parse_span(text);
    if (const auto* length = std::get_if<Duration>(&span)) {
        return Since(*length);
    }
    return usage(option + " " + text +
                 " is neither a span (2h, 30min) nor a time (2026-01-09T11:44:38Z)");
}

std::variant<Duration, Told> span_of(const std::string& option, const std::string& text,
                                     Sign sign) {
    const bool is_negative = sign == Sign::allowed && text.front() == '-';
    const auto span = policies::parse_span(text.substr(is_negative ? 1 : 0));
    if (const auto* problem = std::get_if<policies::Problem>(&span)) {
        return usage(option + " " + text + ": " + problem->reason);
    }
    const Duration length = std::get<Duration>(span);
    return is_negative ? -length : length;
}

WallTime time_of(const Since& since, WallTime now) {
    return std::visit(control::Overloaded{[](WallTime time) { return time; },
                                          [&](Duration span) -> WallTime { return now - span; }},
                      since);
}

} // namespace recycler::ctl
