// SPDX-License-Identifier: MIT
// Adds up, over all workers of an app, which requests make them grow and which take long: for each
// method and URI pattern, within bounded memory. Must not know where measurements come from, nor
// the time.
#pragma once

#include "recycler/blame/route_table.hpp"
#include "recycler/control/model/blame.hpp"
#include "recycler/request/measured.hpp"

#include <string_view>

namespace recycler::blame {

class Tally {
  public:
    // Each of them stands for `reading.scale` times its weight.
    void add(const request::MeasuredReading& reading);
    // A request that was never answered, because its worker was ended for it.
    void add_hung(std::string_view method, std::string_view uri, Duration ran);

    // The requests, and the routes that somebody may want to see: those that grow most, those that
    // take most time and those that hung. The rest is one sum.
    [[nodiscard]] control::Blame told() const;

    [[nodiscard]] std::size_t bytes() const { return sizeof *this + table_.bytes(); }

  private:
    Route& route_of_request(std::string_view method, std::string_view uri, std::uint64_t cost);
    void add(const request::MeasuredRequest& request, double scale);

    struct Rest {
        double requests = 0;
        double grown = 0;
        double seconds = 0;
    };
    static void add(Rest& rest, const Route& route);

    RouteTable table_;
    Rest evicted_;
    Growth warm_up_;
    std::uint64_t measured_ = 0;
};

} // namespace recycler::blame
