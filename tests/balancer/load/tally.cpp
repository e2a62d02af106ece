// SPDX-License-Identifier: MIT
#include "tests/balancer/load/tally.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace recycler::load {
namespace {

// `share` in 0..1; sorts `values` as far as needed. 0 when nothing was answered.
double milliseconds_at(std::vector<std::uint32_t>& values, double share) {
    if (values.empty()) {
        return 0;
    }
    const auto index = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(index);
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth) / 1000;
}

} // namespace

void Tally::count_latency(Duration latency) {
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    constexpr auto k_most = std::numeric_limits<std::uint32_t>::max();
    latencies_.push_back(
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(microseconds, 0, k_most)));
}

void Tally::count_right(Duration latency) {
    ++answered_;
    count_latency(latency);
}

void Tally::count_wrong(const std::string& fault, Duration latency) {
    ++answered_;
    ++wrong_;
    ++faults_[fault];
    count_latency(latency);
}

void Tally::count_missing(const std::string& fault) {
    ++missing_;
    ++faults_[fault];
}

std::string Tally::json(Duration elapsed, std::uint64_t reopened) const {
    auto latencies = latencies_;
    const double p50 = milliseconds_at(latencies, 0.50);
    const double p99 = milliseconds_at(latencies, 0.99);
    const double slowest = milliseconds_at(latencies, 1.0);
    char times[160];
    std::snprintf(times, sizeof times,
                  R"("seconds":%.3f,"latency_ms":{"p50":%.2f,"p99":%.2f,"max":%.2f})",
                  std::chrono::duration<double>(elapsed).count(), p50, p99, slowest);
    std::string faults;
    // The names are our own words: nothing in them needs escaping.
    for (const auto& [name, count] : faults_) {
        faults += (faults.empty() ? "\"" : ",\"") + name + "\":" + std::to_string(count);
    }
    return "{\"sent\":" + std::to_string(sent_) + ",\"answered\":" + std::to_string(answered_) +
           ",\"wrong\":" + std::to_string(wrong_) + ",\"missing\":" + std::to_string(missing_) +
           ",\"reopened\":" + std::to_string(reopened) + "," + times + ",\"faults\":{" + faults +
           "}}";
}

} // namespace recycler::load
