// SPDX-License-Identifier: MIT
// What a run of recycler-load is asked to do, and the requests it draws from that: pure, seeded,
// and so the same for the same seed. Knows nothing of sockets or clocks.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace recycler::load {

// Both ends included.
struct Range {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

// One term of a query: "sleep=0-8" draws a number for each request, anything else is sent as it
// stands.
struct QueryTerm {
    std::string name;
    std::variant<std::string, Range> value;
};

struct LoadPlan {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string path = "/";
    std::vector<QueryTerm> query;
    std::uint32_t connections = 16;
    std::uint32_t post_percent = 30;
    Range body{0, 4096}; // bytes of a POST
    Range think{0, 0};   // milliseconds between an answer and the next request of that connection
    Duration deadline{5'000'000'000};      // of one answer
    std::optional<std::uint64_t> requests; // the run ends after so many,
    std::optional<Duration> duration;      // or after so long; one of the two is there
    std::optional<Duration> progress;      // a line of counts every so often
    std::string lost_list;                 // file for one line for each lost answer; empty: none
    std::uint64_t seed = 1;
};

// "0-8" or "5".
std::optional<Range> parse_range(std::string_view text);

// argv without the program's name. The error is a sentence for the user.
Result<LoadPlan> parse_arguments(const std::vector<std::string>& arguments);
extern const char* const k_usage;

// One request as it goes over the wire, and what its answer must repeat.
struct Request {
    std::string bytes;
    std::string target; // "/app?nonce=..."
    std::string nonce;
    std::uint64_t body_length = 0;
    std::uint64_t byte_sum = 0;
};

// Draws requests. Bodies are slices of one random block, so that a body and its sum cost next to
// nothing.
class RequestSource {
  public:
    explicit RequestSource(const LoadPlan& plan);
    [[nodiscard]] Request next();
    [[nodiscard]] Duration think_time();

  private:
    std::uint64_t draw(Range range);

    const LoadPlan& plan_;
    std::mt19937_64 random_;
    std::string block_;
    std::vector<std::uint64_t> sums_; // sums_[n]: sum of the first n bytes of block_
    std::uint64_t drawn_ = 0;
};

} // namespace recycler::load
