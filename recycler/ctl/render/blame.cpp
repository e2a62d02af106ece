// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/blame.hpp"

#include "recycler/base/text/sizes.hpp"
#include "recycler/base/text/spans.hpp"
#include "recycler/ctl/render/labelled.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace recycler::ctl {

using control::BlamedRoute;

namespace {

constexpr std::size_t k_routes_shown = 10;
constexpr std::size_t k_narrowest_request = 16; // for the request in the last column

std::string name_of(const BlamedRoute& route) {
    return printable(route.method.empty() ? "?" : route.method) + " " +
           printable(route.route.empty() ? "?" : route.route);
}

std::string percent(double part, double whole) {
    const double share = whole <= 0 ? 0 : std::clamp(part / whole * 100, 0.0, 100.0);
    return std::to_string(std::lround(share)) + " %";
}

std::string growth_share(const BlamedRoute& route, const control::Blame& blame) {
    return percent(static_cast<double>(route.growth_bytes),
                   static_cast<double>(blame.growth_bytes));
}

std::string time_share(const BlamedRoute& route, const control::Blame& blame) {
    return percent(static_cast<double>(route.time.count()),
                   static_cast<double>(blame.time.count()));
}

Duration mean_of(const BlamedRoute& route) {
    return route.requests == 0 ? route.time
                               : route.time / static_cast<std::int64_t>(route.requests);
}

std::string measured_text(std::uint64_t measured, std::uint64_t requests, std::uint64_t processes) {
    return "(" + grouped(measured) + " of about " + counted(requests, "request") + " measured" +
           (processes == 0 ? "" : ", in " + counted(processes, "process")) + ")";
}

std::string none_seen_text(const control::Blame& blame) {
    if (blame.unseen_workers == 0) {
        return "No requests since " + date_text(blame.since) + ".";
    }
    const std::string whose = blame.unseen_workers < blame.workers ? "some of "
                              : blame.workers > 1                  ? "all "
                                                                   : "";
    return "The requests of " + whose + counted(blame.workers, "worker") +
           " cannot be measured: " + printable(blame.unseen.value_or("?")) + ".";
}

std::string charged_text(const BlamedRoute& guilty, const control::Blame& blame) {
    const std::string is_not_proven =
        " No process has been measured for long enough to show whether it gives this memory back "
        "later.";
    return name_of(guilty) + " makes workers grow: " +
           text::growth_text(guilty.growth_bytes_per_request.value_or(0)) + " a request (" +
           text::growth_text(guilty.certain_bytes_per_request) +
           " or more, allowing for chance), " + growth_share(guilty, blame) + " of all growth " +
           measured_text(guilty.measured, guilty.requests, guilty.processes) + "." +
           (blame.net.lasting == control::NetGrowth::unknown ? is_not_proven : "");
}

// No route is to blame.
std::string uncharged_text(const control::Blame& blame) {
    const control::BlamedNet& net = blame.net;
    const std::string measured = " " + measured_text(blame.measured, blame.requests, net.processes);
    const std::string over =
        "Over " + counted(net.stretches, "stretch") + " of 32 measured requests each, processes ";
    const std::int64_t mean = net.growth_bytes_per_request.value_or(0);
    switch (net.lasting) {
    case control::NetGrowth::grows:
        return "Workers grow by " + text::growth_text(mean) +
               " a request, but no route stands out" + measured + ".";
    case control::NetGrowth::flat:
        return "No route makes workers grow" + measured + ". " + over + "did not grow on balance.";
    case control::NetGrowth::unclear:
        return "No route certainly makes workers grow" + measured + ". " + over +
               (mean > 0 ? "grew by " + text::growth_text(mean) +
                               " a request, which may be chance: ask again later."
                         : "did not grow, but their memory varies too much to be sure.");
    case control::NetGrowth::unknown:
        break;
    }
    return "No route is known to make workers grow" + measured +
           ". No process has been measured for long enough to say more.";
}

// The sentence above all.
std::string verdict_text(const control::Blame& blame) {
    if (blame.requests == 0 && blame.routes.empty()) {
        return none_seen_text(blame);
    }
    const auto guilty = std::ranges::max_element(blame.routes, {}, [](const BlamedRoute& route) {
        return static_cast<double>(route.certain_bytes_per_request) *
               static_cast<double>(route.requests);
    });
    return guilty == blame.routes.end() || guilty->certain_bytes_per_request <= 0
               ? uncharged_text(blame)
               : charged_text(*guilty, blame);
}

using RouteRow = std::array<std::string, 6>;

// All but the last column to the right, but for the first.
std::string table(const std::vector<RouteRow>& rows, const Style& style) {
    std::array<std::size_t, 5> widths{};
    for (const RouteRow& row : rows) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            widths.at(column) = std::max(widths.at(column), width_of(row.at(column)));
        }
    }
    const std::size_t numbers = std::accumulate(widths.begin() + 1, widths.end(),
                                                k_column_gap * widths.size() + k_narrowest_request);
    widths[0] = std::min(
        widths[0], std::max(k_narrowest_request, style.width - std::min(style.width, numbers)));
    std::string out;
    for (const RouteRow& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < widths.size(); ++column) {
            line += padded(clipped(row.at(column), widths.at(column)), widths.at(column),
                           column == 0 ? Align::left : Align::right) +
                    std::string(k_column_gap, ' ');
        }
        const std::size_t room =
            std::max(k_narrowest_request, style.width - std::min(style.width, width_of(line)));
        line += clipped(row.back(), room);
        line.erase(line.find_last_not_of(' ') + 1);
        out += (&row == &rows.front() ? paint(line, Paint::dim, style) : line) + "\n";
    }
    return out;
}

std::string by_growth(const control::Blame& blame, const Style& style) {
    std::vector<RouteRow> rows{{"BY GROWTH", "A REQUEST", "SHARE", "REQUESTS", "WORST", ""}};
    for (const BlamedRoute& route : blame.routes) {
        if (rows.size() <= k_routes_shown && route.growth_bytes_per_request) {
            // What may as well be chance gets no number.
            const bool certain = route.certain_bytes_per_request > 0;
            rows.push_back({name_of(route),
                            certain ? text::growth_text(*route.growth_bytes_per_request) : "-",
                            certain ? growth_share(route, blame) : "-", grouped(route.requests),
                            route.worst ? text::growth_text(route.worst->bytes) : "-",
                            route.worst ? printable(route.worst->uri) : ""});
        }
    }
    return rows.size() == 1 ? "" : table(rows, style);
}

std::string by_time(const control::Blame& blame, const Style& style) {
    std::vector<const BlamedRoute*> routes;
    routes.reserve(blame.routes.size());
    for (const BlamedRoute& route : blame.routes) {
        routes.push_back(&route);
    }
    std::ranges::stable_sort(routes, std::ranges::greater{}, [](const BlamedRoute* route) {
        return std::pair(route->hung > 0, route->time);
    });
    std::vector<RouteRow> rows{{"BY TIME", "MEAN", "SHARE", "HUNG", "SLOWEST", ""}};
    for (const BlamedRoute* route : routes) {
        if (rows.size() <= k_routes_shown) {
            rows.push_back({name_of(*route), text::request_span(mean_of(*route)),
                            time_share(*route, blame), route->hung > 0 ? grouped(route->hung) : "-",
                            route->slowest ? text::request_span(route->slowest->seconds) : "-",
                            route->slowest ? printable(route->slowest->uri) : ""});
        }
    }
    return rows.size() == 1 ? "" : table(rows, style);
}

std::string notes(const control::Blame& blame, const Style& style) {
    std::string text = "Since " + date_text(blame.since) + ", " + counted(blame.workers, "worker") +
                       "; the numbers of requests are estimates from the measured ones.";
    if (blame.warm_up.measured > 0) {
        text += " Not counted above: the first requests of each process, and of each route in it. "
                "They took " +
                text::growth_text(blame.warm_up.growth_bytes) + " in " +
                counted(blame.warm_up.measured, "measured request") + ".";
    }
    if (blame.unseen_workers > 0 && blame.requests > 0) {
        text += " The requests of " + counted(blame.unseen_workers, "worker") +
                " cannot be measured: " + printable(blame.unseen.value_or("?")) + ".";
    }
    std::string out;
    for (const std::string& line : wrapped(text, room_after(0, style))) {
        out += line + "\n";
    }
    return out;
}

} // namespace

std::string render_blame(const control::Blame& blame, BlameBy by, const Style& style) {
    std::string out;
    for (const std::string& line : wrapped(verdict_text(blame), room_after(0, style))) {
        out += paint(line, Paint::bold, style) + "\n";
    }
    for (const std::string& part : {by == BlameBy::time ? "" : by_growth(blame, style),
                                    by == BlameBy::growth ? "" : by_time(blame, style)}) {
        out += part.empty() ? "" : "\n" + part;
    }
    return blame.routes.empty() ? out : out + "\n" + notes(blame, style);
}

} // namespace recycler::ctl
