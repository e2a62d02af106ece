// SPDX-License-Identifier: MIT
// `why` of processes that ended while their worker lived on: these have events, and no records.
#include "recycler/ctl/render/labelled.hpp"
#include "recycler/ctl/render/render.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/explain/history_builder.hpp"

#include <algorithm>

namespace recycler::ctl {

using control::EventLine;

namespace {

constexpr std::size_t k_shown = 10;

std::uint64_t cut_by(const EventLine& event) {
    for (const auto& [name, value] : event.members) {
        if (name == "requests_cut" && std::holds_alternative<std::int64_t>(value)) {
            return static_cast<std::uint64_t>(
                std::max(std::get<std::int64_t>(value), std::int64_t{0}));
        }
    }
    return 0;
}

} // namespace

std::string render_child_deaths(const std::vector<EventLine>& events, const Style& style) {
    if (events.empty()) {
        return "";
    }
    std::uint64_t cut = 0;
    for (const EventLine& event : events) {
        cut += cut_by(event);
    }
    std::string out =
        (events.size() == 1 ? "1 child process" : grouped(events.size()) + " child processes") +
        " died before the worker did, " + counted(cut, "request") + " cut off" +
        (events.size() > k_shown ? "; the newest:" : ":") + "\n";
    const std::size_t first = events.size() - std::min(events.size(), k_shown);
    for (std::size_t i = first; i < events.size(); ++i) {
        out += paragraph(date_text(events[i].at) + "  " +
                             printable(explain::sentence_of_child(events[i])),
                         style);
    }
    return out;
}

} // namespace recycler::ctl
