// SPDX-License-Identifier: MIT
// Who is to blame for what lasts. Processes tell by how much they have really grown, from stretch
// to stretch; routes, by how much they make them grow. If next to nothing is given back, a route
// is charged with what its requests grew; if much is, only with what it leaves behind beyond the
// stretch. Together they are charged with what the processes have grown, as far as that is known.
#pragma once

#include "recycler/blame/route_table.hpp"
#include "recycler/control/model/blame.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace recycler::blame {

// Of all processes and routes.
struct Net {
    Ages strides;
    // By single requests, and after them, as far as it is more than the kernel's jitter.
    double taken = 0;
    double given_back = 0;
};

// How much processes grow for good, bytes a request; nullopt: too little was seen.
std::optional<double> drift_of(const Net& net);

class Attribution {
  public:
    Attribution(const Net& net, const std::vector<Route>& routes);

    [[nodiscard]] control::NetGrowth lasting() const { return lasting_; }
    // Bytes a request, over all routes; nullopt: not known.
    [[nodiscard]] std::optional<double> per_request() const { return per_request_; }
    [[nodiscard]] double certain_per_request() const { return certain_; }

    // Bytes a request of this route.
    [[nodiscard]] double mean(const Route& route) const;
    // So much at least; 0: it may be chance, or given back.
    [[nodiscard]] double certain(const Route& route) const;

  private:
    void look_at(const Aged& strides);
    void divide(const std::vector<Route>& routes);
    // What a few looks at one route say of their own scatter is a matter of luck; all routes have
    // theirs in common, because it comes from what the others did meanwhile.
    void look_at_scatter(const std::vector<Route>& routes);
    // Its requests grow, but processes are not that much larger after them: an allocator has given
    // the space that they left to those of another route, and asks the kernel for more with these.
    [[nodiscard]] bool is_refuted(const Route& route) const;

    control::NetGrowth lasting_ = control::NetGrowth::unknown;
    std::optional<double> per_request_;
    double certain_ = 0;
    double doubt_ = 0; // about per_request_
    bool by_lasting_;
    double factor_ = 1;  // of what requests grew
    double shift_ = 0;   // of what they left behind
    double scatter_ = 0; // of single looks at what was left behind: their variance, bytes squared
};

} // namespace recycler::blame
