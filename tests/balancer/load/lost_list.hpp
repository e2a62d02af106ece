// SPDX-License-Identifier: MIT
// The list of answers that were wrong or missing, one JSON object a line, written as they are lost,
// so that somebody else can join each with what happened to the worker. Must not know what is a
// loss.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "tests/balancer/load/load_plan.hpp"

#include <cstdio>
#include <memory>
#include <string>

namespace recycler::load {

struct LostAnswer {
    const Request& request;
    const std::string& fault;
    Duration waited;     // from the request's beginning until it was given up
    double at_unix_time; // when it was given up, in seconds
};

// {"uri":"/app?nonce=..","fault":"status 500","at":1764000000.123,"seconds":0.004}
std::string json(const LostAnswer& lost);

class LostList {
  public:
    // Without a path nothing is written. Errors: the file cannot be made.
    static Result<LostList> open(const std::string& path);
    void add(const LostAnswer& lost);

  private:
    struct Close {
        void operator()(std::FILE* file) const { (void)std::fclose(file); } // flushed line by line
    };
    std::unique_ptr<std::FILE, Close> file_;
};

} // namespace recycler::load
