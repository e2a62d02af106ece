// SPDX-License-Identifier: MIT
// `why` without a slot: what ends workers, by cause, the most harmful first.
#include "recycler/ctl/render/death_groups.hpp"
#include "recycler/ctl/render/labelled.hpp"
#include "recycler/ctl/render/render.hpp"
#include "recycler/ctl/render/text.hpp"

namespace recycler::ctl {

namespace {

constexpr std::size_t k_slots_shown = 8;

// "3 min ago".
std::string ago(WallTime at, const Style& style) {
    return style.now >= at ? long_span(style.now - at) + " ago" : date_text(at);
}

// "oom-worker, memory.max, GET /orders/*".
std::string kind_text(const DeathKind& kind, const Style& style) {
    std::string text = paint(printable(kind.verdict), paint_for_verdict(kind.verdict), style);
    for (const std::string& part : {kind.cause, kind.route}) {
        text += part.empty() ? "" : ", " + printable(part);
    }
    return text;
}

std::string slots_text(const std::set<std::string>& slots) {
    std::vector<std::string> shown;
    for (const std::string& slot : slots) {
        if (shown.size() == k_slots_shown) {
            shown.push_back("and " + std::to_string(slots.size() - shown.size()) + " more");
            break;
        }
        shown.push_back(printable(slot));
    }
    return joined(shown, " ");
}

std::string group_text(const DeathGroup& group, const History& history, const Style& style) {
    std::string out =
        paint(std::to_string(group.deaths) + " x", Paint::bold, style) + " " +
        kind_text(group.kind, style) +
        (group.requests_cut > 0 ? ": " + counted(group.requests_cut, "request") + " cut off" : "") +
        "\n";
    std::string when = ago(group.newest.at, style);
    if (group.deaths > 1) {
        when = "the last " + when + ", the first " + ago(group.first, style);
    }
    out += labelled("slots", slots_text(group.slots), style);
    out += labelled("when", when, style);
    out += labelled("the last", printable(group.newest.sentence), style);
    std::vector<std::string> next;
    if (group.newest.next_step) {
        next.push_back(printable(*group.newest.next_step));
    }
    const auto advice = advice_for(group.newest, history);
    next.insert(next.end(), advice.begin(), advice.end());
    return out + labelled("next", next, style);
}

} // namespace

std::string render_overview(const History& history, std::string_view span, const Style& style) {
    const std::vector<DeathGroup> groups = group_by_cause(history.unexpected);
    const std::string where(span);
    if (groups.empty()) {
        return "no worker ended unexpectedly " + where + " (planned ends: recyclerctl why all)\n";
    }
    std::size_t deaths = 0;
    std::uint64_t requests_cut = 0;
    for (const DeathGroup& group : groups) {
        deaths += group.deaths;
        requests_cut += group.requests_cut;
    }
    std::string out = counted(deaths, "worker") + " ended unexpectedly " + where + ", " +
                      counted(requests_cut, "request") + " cut off" +
                      (groups.size() > 1 ? "; the most harmful first:" : ":") + "\n";
    for (const DeathGroup& group : groups) {
        out += "\n" + group_text(group, history, style);
    }
    return out + "\nThe proof of one: recyclerctl why " + printable(groups.front().newest.slot) +
           "; each end: recyclerctl why all\n";
}

} // namespace recycler::ctl
