// SPDX-License-Identifier: MIT
#include "recycler/blame/tally.hpp"

#include "recycler/base/route.hpp"
#include "recycler/blame/attribution.hpp"

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

// What may not be the kernel's way to count (growth.cpp).
double beyond_jitter(std::int64_t bytes) {
    return static_cast<double>(std::max<std::int64_t>(0, bytes - 4 * k_growth_of_one));
}

void note_slowest(Route& route, Duration duration, std::string_view uri) {
    if (duration > route.slowest) {
        route.slowest = duration;
        route.slowest_uri = Pattern(uri);
    }
}

// A route, and what it is charged with.
struct Charged {
    const Route* route;
    double mean;
    double certain;

    [[nodiscard]] double grown() const { return mean * route->requests; }
    [[nodiscard]] std::pair<double, double> by_growth() const {
        return {certain * route->requests, grown()};
    }
    [[nodiscard]] std::pair<std::uint64_t, double> by_time() const {
        return {route->hung, route->seconds};
    }
};

control::BlamedRoute told_of(const Charged& charged) {
    const Route& route = *charged.route;
    control::BlamedRoute told{.method = std::string(route.method.view()),
                              .route = std::string(route.pattern.view()),
                              .requests = whole(route.requests),
                              .measured = route.growth.measured(),
                              .growth_bytes = whole_bytes(charged.grown()),
                              .growth_bytes_per_request = {},
                              .certain_bytes_per_request = whole_bytes(charged.certain),
                              .worst = {},
                              .time = from_seconds(route.seconds),
                              .slowest = {},
                              .hung = route.hung,
                              .processes = route.processes};
    if (told.measured > 0) {
        told.growth_bytes_per_request = whole_bytes(charged.mean);
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

// The first so many by growth, and behind them those of the rest that stand out by time or hung.
// Returns where the others begin.
std::vector<Charged>::iterator sort_out(std::vector<Charged>& routes) {
    std::ranges::sort(routes, std::ranges::greater{}, &Charged::by_growth);
    const auto grown = std::min(k_routes_told, routes.size());
    const auto slow = routes.begin() + static_cast<std::ptrdiff_t>(grown);
    std::sort(slow, routes.end(), [](const Charged& one, const Charged& other) {
        return one.by_time() > other.by_time();
    });
    const auto left = std::min<std::ptrdiff_t>(k_routes_told, routes.end() - slow);
    std::ranges::sort(slow, slow + left, std::ranges::greater{}, &Charged::by_growth);
    return slow + left;
}

control::BlamedNet told_of(const Attribution& attribution, std::uint64_t processes,
                           std::uint64_t stretches) {
    control::BlamedNet net{.lasting = attribution.lasting(),
                           .processes = processes,
                           .stretches = stretches,
                           .growth_bytes_per_request = {},
                           .certain_bytes_per_request =
                               whole_bytes(attribution.certain_per_request())};
    if (const auto bytes = attribution.per_request()) {
        net.growth_bytes_per_request = whole_bytes(*bytes);
    }
    return net;
}

} // namespace

Course& Courses::of(std::uint32_t process) {
    return courses_[process];
}

void Courses::begin_anew(std::uint32_t process) {
    courses_.erase(process);
}

void Tally::add(Rest& rest, const Route& route, double bytes_each) {
    rest.requests += route.requests;
    rest.grown += bytes_each * route.requests;
    rest.seconds += route.seconds;
}

RouteTable::Place Tally::route_of_request(std::string_view method, std::string_view uri,
                                          std::uint64_t cost) {
    const std::string route = route_of(uri) + query_.of(uri, names_);
    const RouteTable::Place place = table_.find(Method(method), Pattern(route), cost);
    if (place.evicted) {
        add(evicted_, *place.evicted, place.evicted->growth.late().growth.mean());
    }
    return place;
}

void Tally::add(const request::MeasuredReading& reading, Courses& courses) {
    for (const MeasuredRequest& request : reading.requests) {
        add(request, reading.scale, courses);
    }
}

void Tally::add(const MeasuredRequest& request, double scale, Courses& courses) {
    const bool is_first = request.turn == request::Turn::first;
    const std::int64_t growth = is_first ? 0 : request.growth.value_or(0);
    const RouteTable::Place place =
        route_of_request(request.method, request.uri, cost_of(growth, request.duration));
    const double stands_for = request.weight * scale;
    Route& route = place.route;
    route.requests += stands_for;
    route.seconds += in_seconds(request.duration) * stands_for;
    note_slowest(route, request.duration, request.uri);
    if (!request.growth) {
        return;
    }
    ++measured_;
    if (is_first) {
        courses.begin_anew(request.process);
    }
    Course& course = courses.of(request.process);
    const Step step = course.add(request, place.hash, stands_for, drift_of(net_));
    processes_ += course.is_new() ? 1 : 0;
    route.processes += step.ordinal == 1 ? 1 : 0;
    if (is_first || step.ordinal == 1) {
        warm_up_.add(*request.growth);
    } else {
        charge(route, request, step.ordinal, stands_for);
    }
    learn(step, course.fell());
}

void Tally::charge(Route& route, const MeasuredRequest& request, std::uint32_t ordinal,
                   double stands_for) {
    const std::int64_t growth = *request.growth;
    route.growth.add(ordinal, growth, stands_for);
    net_.taken += beyond_jitter(growth);
    net_.given_back += beyond_jitter(-growth);
    if (growth > route.worst) {
        route.worst = growth;
        route.worst_uri = Pattern(request.uri);
    }
}

void Tally::learn(const Step& step, std::int64_t fell) {
    net_.given_back += beyond_jitter(fell);
    if (step.stride) {
        net_.strides.add(step.stride->ordinal, step.stride->bytes, step.stride->requests);
    }
    if (step.lasting) {
        if (Route* route = table_.find(step.lasting->route)) {
            route->lasting.add(step.lasting->ordinal, step.lasting->bytes, step.lasting->requests);
        }
    }
}

void Tally::add_hung(std::string_view method, std::string_view uri, Duration ran) {
    Route& route = route_of_request(method, uri, cost_of(0, ran)).route;
    route.requests += 1;
    route.seconds += in_seconds(ran);
    route.hung += 1;
    note_slowest(route, ran, uri);
}

control::Blame Tally::told() const {
    const Attribution attribution(net_, table_.routes());
    std::vector<Charged> routes;
    routes.reserve(table_.routes().size());
    Rest all = evicted_;
    for (const Route& route : table_.routes()) {
        routes.push_back({&route, attribution.mean(route), attribution.certain(route)});
        add(all, route, routes.back().mean);
    }
    const auto others = sort_out(routes);
    Rest rest = evicted_;
    std::for_each(others, routes.end(),
                  [&rest](const Charged& charged) { add(rest, *charged.route, charged.mean); });
    control::Blame told;
    std::for_each(routes.begin(), others,
                  [&](const Charged& charged) { told.routes.push_back(told_of(charged)); });
    told.requests = whole(all.requests);
    told.measured = measured_;
    told.growth_bytes = whole_bytes(
        attribution.per_request() ? *attribution.per_request() * all.requests : all.grown);
    told.time = from_seconds(all.seconds);
    told.warm_up = {warm_up_.measured(),
                    whole_bytes(warm_up_.mean() * static_cast<double>(warm_up_.measured()))};
    told.other = {whole(rest.requests), whole_bytes(rest.grown), from_seconds(rest.seconds)};
    told.net = told_of(attribution, processes_, net_.strides.late().growth.measured());
    return told;
}

} // namespace recycler::blame
