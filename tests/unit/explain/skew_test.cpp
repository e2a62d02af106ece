// SPDX-License-Identifier: MIT
#include "recycler/explain/skew.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// Deaths at uneven times, as they come.
History history_of(int deaths) {
    told::Told told;
    for (int i = 0; i < deaths; ++i) {
        auto record = told::end("2026-11-23T06:00:00Z", "7000", "crashed");
        record.at += minutes(i * 7) + seconds(i * i % 53);
        record.generation = static_cast<std::uint32_t>(i + 1);
        told.take(record);
    }
    return told.history();
}

std::vector<SkewSample> samples_of(const History& history, Duration ahead, std::size_t every) {
    std::vector<SkewSample> samples;
    for (std::size_t i = 0; i < history.deaths().size(); i += every) {
        samples.push_back({history.deaths()[i].at + ahead, history.deaths()[i].slot});
    }
    return samples;
}

} // namespace

TEST_CASE("clocks that agree have no skew") {
    const History history = history_of(40);
    CHECK_FALSE(find_skew(samples_of(history, Duration::zero(), 1), history));
    CHECK_FALSE(find_skew(samples_of(history, std::chrono::milliseconds(400), 1), history));
    CHECK_FALSE(find_skew({}, history));
}

TEST_CASE("a constant offset is found, ahead and behind, and a wrong zone to the second") {
    const History history = history_of(40);
    for (const Duration ahead : {Duration(seconds(33)), Duration(-seconds(125))}) {
        const auto skew = find_skew(samples_of(history, ahead, 3), history);
        REQUIRE(skew);
        CHECK(std::chrono::abs(skew->ahead - ahead) <= seconds(1));
        CHECK(skew->lines == 14);
    }
    const auto zone = find_skew(
        samples_of(history, std::chrono::hours(2) + std::chrono::milliseconds(700), 3), history);
    REQUIRE(zone);
    CHECK(zone->ahead == std::chrono::hours(2));
}

TEST_CASE("two lines, or lines that fit nothing, are no proof of an offset") {
    const History history = history_of(40);
    std::vector<SkewSample> two = samples_of(history, seconds(33), 3);
    two.resize(2);
    CHECK_FALSE(find_skew(two, history));
    std::vector<SkewSample> scattered = samples_of(history, Duration::zero(), 3);
    for (std::size_t i = 0; i < scattered.size(); ++i) {
        scattered[i].at += seconds(37 * i * i + 11);
    }
    CHECK_FALSE(find_skew(scattered, history));
}

TEST_CASE("deaths at even times leave several offsets, and none is chosen") {
    told::Told told;
    for (int i = 0; i < 40; ++i) {
        auto record = told::end("2026-11-23T06:00:00Z", "7000", "left");
        record.at += minutes(i * 10);
        record.generation = static_cast<std::uint32_t>(i + 1);
        told.take(record);
    }
    const History history = told.history();
    std::vector<SkewSample> samples = samples_of(history, seconds(100), 1);
    samples.erase(samples.begin() + 20, samples.end());
    CHECK_FALSE(find_skew(samples, history));
}
