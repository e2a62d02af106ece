// SPDX-License-Identifier: MIT
#include "recycler/blame/attribution.hpp"

#include <algorithm>

namespace recycler::blame {

namespace {

// Of fewer strides nobody can tell how far they are due to chance.
constexpr std::uint64_t k_fewest_strides = 4;
// A page a request.
constexpr double k_next_to_nothing = 4096;
constexpr double k_much = 0.25; // of what is taken

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
    divide(routes);
}

void Attribution::look_at(const Aged& strides) {
    if (!per_request_) {
        return;
    }
    const Growth& growth = strides.growth;
    const double requests = strides.requests / static_cast<double>(growth.measured());
    certain_ = growth.certain() / requests;
    const double at_most = (growth.mean() + growth.doubt()) / requests;
    lasting_ = certain_ > 0                  ? control::NetGrowth::grows
               : at_most < k_next_to_nothing ? control::NetGrowth::flat
                                             : control::NetGrowth::unclear;
}

void Attribution::divide(const std::vector<Route>& routes) {
    double requests = 0;
    double grown = 0;
    double lasted = 0;
    double requests_that_lasted = 0;
    for (const Route& route : routes) {
        requests += route.requests;
        grown += route.grown();
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
    factor_ = grown > net ? net / grown : 1;
    shift_ = *per_request_ - (requests_that_lasted > 0 ? lasted / requests_that_lasted : 0);
    by_lasting_ = by_lasting_ || std::ranges::any_of(routes, [this](const Route& route) {
                      return is_refuted(route);
                  });
}

bool Attribution::is_refuted(const Route& route) const {
    const Growth grown = route.growth.late().growth;
    const Growth left = route.lasting.late().growth;
    return grown.certain() > 0 && left.measured() > 0 &&
           left.mean() + left.doubt() + shift_ < grown.mean() * factor_;
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
    return left.measured() == 0 ? 0 : std::max(0.0, left.mean() - left.doubt() + shift_);
}

} // namespace recycler::blame
