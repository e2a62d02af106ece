// SPDX-License-Identifier: MIT
#include "recycler/blame/tally.hpp"

#include "recycler/base/route.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace recycler::blame {

namespace {

using request::MeasuredRequest;

// What one measurement costs its route's rivals for a place: seen once, grown by 64 KiB and 100 ms
// count alike. Bounded, so that a worker that writes nonsense gets no place for ever.
constexpr std::int64_t k_growth_of_one = 65'536;
constexpr Duration k_time_of_one = std::chrono::milliseconds(100);
constexpr std::int64_t k_most_cost = 1000;
// Of each kind.
constexpr std::size_t k_routes_told = 50;

std::uint64_t cost_of(std::int64_t growth, Duration duration) {
    const std::int64_t grown = std::clamp(growth / k_growth_of_one, std::int64_t{0}, k_most_cost);
    const std::int64_t waited = std::clamp(duration / k_time_of_one, std::int64_t{0}, k_most_cost);
    return static_cast<std::uint64_t>(1 + grown + waited);
}

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// Three hundred years.
Duration from_seconds(double seconds) {
    return std::chrono::round<Duration>(
        std::chrono::duration<double>(std::clamp(seconds, 0.0, 9.2e9)));
}

std::uint64_t whole(double number) {
    return static_cast<std::uint64_t>(std::llround(std::clamp(number, 0.0, 9e15)));
}

std::int64_t whole_bytes(double number) {
    return std::llround(std::clamp(number, -9e15, 9e15));
}

void note_slowest(Route& route, Duration duration, std::string_view uri) {
    if (duration > route.slowest) {
        route.slowest = duration;
        route.slowest_uri = Pattern(uri);
    }
}

control::BlamedRoute told_of(const Route& route) {
    control::BlamedRoute told{.method = std::string(route.method.view()),
                              .route = std::string(route.pattern.view()),
                              .requests = whole(route.requests),
                              .measured = route.growth.measured(),
                              .growth_bytes = whole_bytes(route.grown()),
                              .growth_bytes_per_request = {},
                              .certain_bytes_per_request = whole_bytes(route.growth.certain()),
                              .worst = {},
                              .time = from_seconds(route.seconds),
                              .slowest = {},
                              .hung = route.hung};
    if (told.measured > 0) {
        told.growth_bytes_per_request = whole_bytes(route.growth.mean());
    }
    if (route.worst > 0) {
        told.worst = control::WorstRequest{route.worst, std::string(route.worst_uri.view())};
    }
    if (route.slowest > Duration::zero()) {
        told.slowest =
            control::SlowestRequest{route.slowest, std::string(route.slowest_uri.view())};
    }
    return told;
}

std::pair<double, double> by_growth(const Route* route) {
    return {route->certainly_grown(), route->grown()};
}

// The first so many by growth, and behind them those of the rest that stand out by time or hung.
// Returns where the others begin.
std::vector<const Route*>::iterator sort_out(std::vector<const Route*>& routes) {
    std::ranges::sort(routes, std::ranges::greater{}, by_growth);
    const auto grown = std::min(k_routes_told, routes.size());
    const auto slow = routes.begin() + static_cast<std::ptrdiff_t>(grown);
    std::sort(slow, routes.end(), [](const Route* one, const Route* other) {
        return std::pair(one->hung, one->seconds) > std::pair(other->hung, other->seconds);
    });
    const auto left = std::min<std::ptrdiff_t>(k_routes_told, routes.end() - slow);
    std::ranges::sort(slow, slow + left, std::ranges::greater{}, by_growth);
    return slow + left;
}

} // namespace

void Tally::add(Rest& rest, const Route& route) {
    rest.requests += route.requests;
    rest.grown += route.grown();
    rest.seconds += route.seconds;
}

Route& Tally::route_of_request(std::string_view method, std::string_view uri, std::uint64_t cost) {
    const RouteTable::Place place = table_.find(Method(method), Pattern(route_of(uri)), cost);
    if (place.evicted) {
        add(evicted_, *place.evicted);
    }
    return place.route;
}

void Tally::add(const request::MeasuredReading& reading) {
    for (const MeasuredRequest& request : reading.requests) {
        add(request, reading.scale);
    }
}

void Tally::add(const MeasuredRequest& request, double scale) {
    const bool warms_up = request.turn == request::Turn::first;
    const std::int64_t growth = warms_up ? 0 : request.growth.value_or(0);
    Route& route = route_of_request(request.method, request.uri, cost_of(growth, request.duration));
    const double stands_for = request.weight * scale;
    route.requests += stands_for;
    route.seconds += in_seconds(request.duration) * stands_for;
    note_slowest(route, request.duration, request.uri);
    if (!request.growth) {
        return;
    }
    ++measured_;
    if (warms_up) {
        warm_up_.add(*request.growth);
        return;
    }
    route.growth.add(growth);
    if (growth > route.worst) {
        route.worst = growth;
        route.worst_uri = Pattern(request.uri);
    }
}

void Tally::add_hung(std::string_view method, std::string_view uri, Duration ran) {
    Route& route = route_of_request(method, uri, cost_of(0, ran));
    route.requests += 1;
    route.seconds += in_seconds(ran);
    route.hung += 1;
    note_slowest(route, ran, uri);
}

control::Blame Tally::told() const {
    std::vector<const Route*> routes;
    routes.reserve(table_.routes().size());
    Rest all = evicted_;
    double growth = std::max(0.0, evicted_.grown);
    for (const Route& route : table_.routes()) {
        routes.push_back(&route);
        all.requests += route.requests;
        all.seconds += route.seconds;
        growth += std::max(0.0, route.grown());
    }
    const auto others = sort_out(routes);
    Rest rest = evicted_;
    std::for_each(others, routes.end(), [&](const Route* route) { add(rest, *route); });
    control::Blame told;
    std::for_each(routes.begin(), others,
                  [&](const Route* route) { told.routes.push_back(told_of(*route)); });
    told.requests = whole(all.requests);
    told.measured = measured_;
    told.growth_bytes = whole_bytes(growth);
    told.time = from_seconds(all.seconds);
    told.warm_up = {warm_up_.measured(),
                    whole_bytes(warm_up_.mean() * static_cast<double>(warm_up_.measured()))};
    told.other = {whole(rest.requests), whole_bytes(rest.grown), from_seconds(rest.seconds)};
    return told;
}

} // namespace recycler::blame
