// SPDX-License-Identifier: MIT
#include "recycler/blame/attribution.hpp"

#include <algorithm>
#include <cmath>

namespace recycler::blame {

namespace {

// Of fewer strides nobody can tell how far they are due to chance.
constexpr std::uint64_t k_fewest_strides = 4;
// A page a request.
constexpr double k_next_to_nothing = 4096;
constexpr double k_much = 0.25; // of what is taken

// Of what this route has grown: by the doubt about one request, and because the requests were
// counted by those that chance has had measured.
double doubt_squared(const Route& route) {
    const Growth growth = route.growth.late().growth;
    if (growth.measured() == 0) {
        return 0;
    }
    const double of_mean = growth.doubt() * route.requests;
    const double of_count = k_standard_errors * growth.mean() * route.requests /
                            std::sqrt(static_cast<double>(growth.measured()));
    return of_mean * of_mean + of_count * of_count;
}

} // namespace

std::optional<double> drift_of(const Net& net) {
    const Aged late = net.strides.late();
    const auto strides = static_cast<double>(late.growth.measured());
    return late.growth.measured() < k_fewest_strides
               ? std::nullopt
               : std::optional(late.growth.mean() * strides / late.requests);
}

Attribution::Attribution(const Net& net, const std::vector<Route>& routes)
    : per_request_(drift_of(net)), by_lasting_(net.given_back > net.taken * k_much) {
    look_at(net.strides.late());
    look_at_scatter(routes);
    divide(routes);
}

void Attribution::look_at(const Aged& strides) {
    if (!per_request_) {
        return;
    }
    const Growth& growth = strides.growth;
    const double requests = strides.requests / static_cast<double>(growth.measured());
    certain_ = growth.certain() / requests;
    doubt_ = growth.doubt() / requests;
    const double at_most = *per_request_ + doubt_;
    lasting_ = certain_ > 0                  ? control::NetGrowth::grows
               : at_most < k_next_to_nothing ? control::NetGrowth::flat
                                             : control::NetGrowth::unclear;
}

void Attribution::look_at_scatter(const std::vector<Route>& routes) {
    double deviations = 0;
    double freedom = 0;
    for (const Route& route : routes) {
        const Growth left = route.lasting.late().growth;
        if (left.measured() > 1) {
            deviations += left.deviations();
            freedom += static_cast<double>(left.measured() - 1);
        }
    }
    scatter_ = freedom == 0 ? 0 : deviations / freedom;
}

void Attribution::divide(const std::vector<Route>& routes) {
    double requests = 0;
    double grown = 0;
    double doubts = 0; // of that, squared
    double lasted = 0;
    double requests_that_lasted = 0;
    for (const Route& route : routes) {
        requests += route.requests;
        grown += route.grown();
        doubts += doubt_squared(route);
        const Growth left = route.lasting.late().growth;
        if (left.measured() > 0) {
            lasted += left.mean() * route.requests;
            requests_that_lasted += route.requests;
        }
    }
    if (!per_request_) {
        return;
    }
    const double net = std::max(0.0, *per_request_ * requests);
    const double doubt_of_net = doubt_ * requests;
    factor_ = grown - net > std::sqrt(doubts + doubt_of_net * doubt_of_net) ? net / grown : 1;
    shift_ = *per_request_ - (requests_that_lasted > 0 ? lasted / requests_that_lasted : 0);
    by_lasting_ = by_lasting_ || std::ranges::any_of(routes, [this](const Route& route) {
                      return is_refuted(route);
                  });
}

bool Attribution::is_refuted(const Route& route) const {
    const Growth grown = route.growth.late().growth;
    const Growth left = route.lasting.late().growth;
    return grown.certain() > 0 && left.measured() > 0 &&
           left.mean() + left.doubt(scatter_) + shift_ < grown.mean() * factor_;
}

double Attribution::mean(const Route& route) const {
    if (!by_lasting_ || !per_request_) {
        return route.growth.late().growth.mean() * factor_;
    }
    const Growth left = route.lasting.late().growth;
    return left.measured() == 0 ? *per_request_ : left.mean() + shift_;
}

double Attribution::certain(const Route& route) const {
    if (lasting_ == control::NetGrowth::unknown) {
        return by_lasting_ ? 0 : route.growth.late().growth.certain();
    }
    if (lasting_ != control::NetGrowth::grows) {
        return 0;
    }
    if (!by_lasting_) {
        return route.growth.late().growth.certain() * factor_;
    }
    const Growth left = route.lasting.late().growth;
    return left.measured() == 0 ? 0 : std::max(0.0, left.mean() - left.doubt(scatter_) + shift_);
}

} // namespace recycler::blame
