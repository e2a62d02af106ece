// SPDX-License-Identifier: MIT
// Adds up, over all workers of an app, which requests make them grow and which take long: for each
// method and URI pattern, within bounded memory. Must not know where measurements come from, nor
// the time.
#pragma once

#include "recycler/blame/attribution.hpp"
#include "recycler/blame/course.hpp"
#include "recycler/blame/query.hpp"
#include "recycler/blame/route_table.hpp"
#include "recycler/control/model/blame.hpp"
#include "recycler/request/measured.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recycler::blame {

// Those of one worker, by the numbers of its processes: a number comes again when another process
// has taken the place of one that ended. Some 2 KiB each.
class Courses {
  public:
    Course& of(std::uint32_t process);
    void begin_anew(std::uint32_t process);

    std::uint64_t next = 0; // where to read on in its page

  private:
    std::map<std::uint32_t, Course> courses_;
};

class Tally {
  public:
    // The parameters of the query string that are part of a route from now on.
    void tell_apart_by(std::vector<std::string> names) { names_ = std::move(names); }
    // Each of them stands for `reading.scale` times its weight. `courses` are those of its worker.
    void add(const request::MeasuredReading& reading, Courses& courses);
    // A request that was never answered, because its worker was ended for it.
    void add_hung(std::string_view method, std::string_view uri, Duration ran);

    // The requests, and the routes that somebody may want to see: those that grow most, those that
    // take most time and those that hung. The rest is one sum.
    [[nodiscard]] control::Blame told() const;

    [[nodiscard]] std::size_t bytes() const { return sizeof *this + table_.bytes(); }

  private:
    struct Rest {
        double requests = 0;
        double grown = 0;
        double seconds = 0;
    };
    static void add(Rest& rest, const Route& route, double bytes_each);

    RouteTable::Place route_of_request(std::string_view method, std::string_view uri,
                                       std::uint64_t cost);
    void add(const request::MeasuredRequest& request, double scale, Courses& courses);
    void charge(Route& route, const request::MeasuredRequest& request, std::uint32_t ordinal,
                double stands_for);
    void learn(const Step& step, std::int64_t fell);

    RouteTable table_;
    Query query_;
    std::vector<std::string> names_;
    Rest evicted_;
    Growth warm_up_;
    Net net_;
    std::uint64_t measured_ = 0;
    std::uint64_t processes_ = 0;
};

} // namespace recycler::blame
