// SPDX-License-Identifier: MIT
#include "recycler/blame/tally.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>

using namespace recycler;
using namespace recycler::blame;
using namespace std::chrono_literals;
using request::MeasuredReading;
using request::MeasuredRequest;

namespace {

constexpr std::int64_t k_kib = 1024;

MeasuredRequest seen(const std::string& uri, std::int64_t growth, Duration duration = 1ms) {
    return {.method = "GET", .uri = uri, .duration = duration, .growth = growth};
}

// With one worker, of one process; its recorder tells no levels, as earlier ones did.
struct OneWorker : Tally {
    Courses courses;
};

void add(OneWorker& tally, MeasuredRequest request) {
    tally.add(MeasuredReading{.requests = {std::move(request)}}, tally.courses);
}

const control::BlamedRoute* find(const control::Blame& blame, std::string_view route) {
    const auto found =
        std::ranges::find(blame.routes, route, [](const auto& each) { return each.route; });
    return found == blame.routes.end() ? nullptr : &*found;
}

} // namespace

TEST_CASE("requests of one pattern are one route, whatever their ids") {
    OneWorker tally;
    for (int i = 0; i < 100; ++i) {
        add(tally, seen("/export/" + std::to_string(i) + "?all=1", 200 * k_kib));
        add(tally, seen("/search?q=" + std::to_string(i), 0));
    }
    const control::Blame blame = tally.told();
    REQUIRE(blame.routes.size() == 2);
    CHECK(blame.routes.front().route == "/export/*");
    CHECK(blame.routes.front().measured == 99); // the first one warms up
    CHECK(blame.routes.front().growth_bytes_per_request == 200 * k_kib);
    CHECK(blame.routes.front().growth_bytes == 20'000 * k_kib);
    CHECK(std::abs(blame.growth_bytes - 20'000 * k_kib) < 400 * k_kib);
    CHECK(blame.routes.front().worst->uri == "/export/1?all=1");
    CHECK(blame.routes.back().certain_bytes_per_request == 0);
    CHECK(blame.requests == 200);
}

TEST_CASE("a request stands for its weight, and for those that were overwritten") {
    OneWorker tally;
    MeasuredRequest one = seen("/a", 10 * k_kib, 2ms);
    one.weight = 20;
    tally.add(MeasuredReading{.requests = {one, one}, .scale = 1.5}, tally.courses);
    const control::Blame blame = tally.told();
    CHECK(blame.routes.front().requests == 60);
    CHECK(blame.routes.front().measured == 1);
    CHECK(blame.routes.front().growth_bytes == 600 * k_kib);
    CHECK(blame.routes.front().time == 120ms);
}

TEST_CASE("the first request of a process is counted apart, and no route is blamed for it") {
    OneWorker tally;
    MeasuredRequest first = seen("/a", 8 << 20);
    first.turn = request::Turn::first;
    add(tally, first);
    const control::Blame blame = tally.told();
    CHECK(blame.warm_up == control::BlamedWarmUp{1, 8 << 20});
    CHECK(blame.routes.front().requests == 1);
    CHECK_FALSE(blame.routes.front().growth_bytes_per_request);
    CHECK(blame.growth_bytes == 0);
}

TEST_CASE("one jittery measurement does not stand before a route that grows steadily") {
    OneWorker tally;
    add(tally, seen("/innocent", 0));
    add(tally, seen("/innocent", 255 * k_kib));
    for (int i = 0; i < 500; ++i) {
        add(tally, seen("/leak", 30 * k_kib));
    }
    CHECK(tally.told().routes.front().route == "/leak");
}

TEST_CASE("one leaking route among fifty is first, through the jitter of the kernel's counters") {
    std::mt19937 random(11);
    std::uniform_int_distribution<std::int64_t> jitter(-200 * k_kib, 200 * k_kib);
    OneWorker tally;
    for (int i = 0; i < 20'000; ++i) {
        const int route = static_cast<int>(random() % 50);
        add(tally, seen("/page" + std::string(1, static_cast<char>('a' + route / 26)) +
                            std::string(1, static_cast<char>('a' + route % 26)),
                        jitter(random) + (route == 7 ? 40 * k_kib : 0)));
    }
    const control::Blame blame = tally.told();
    CHECK(blame.routes.front().route == "/pageah");
    CHECK(blame.routes.front().certain_bytes_per_request > 10 * k_kib);
}

TEST_CASE("time is added up, and a request that hung is counted with its route") {
    OneWorker tally;
    add(tally, seen("/slow/1", 0, 3s));
    add(tally, {.method = "GET", .uri = "/slow/2", .duration = 5s}); // its memory was not read
    tally.add_hung("POST", "/stuck", 360s);
    const control::Blame blame = tally.told();
    CHECK(find(blame, "/slow/*")->time == 8s);
    CHECK(find(blame, "/slow/*")->slowest == control::SlowestRequest{5s, "/slow/2"});
    CHECK(find(blame, "/slow/*")->measured == 0); // the first one warms up
    CHECK(find(blame, "/stuck")->hung == 1);
    CHECK(blame.time == 368s);
}

TEST_CASE("a million distinct URIs stay within 1 MiB, and the route that leaks still comes first") {
    OneWorker tally;
    std::string uri = "/aaaaaaaa/" + std::string(110, 'x'); // the longest that is kept
    for (int i = 0; i < 1'000'000; ++i) {
        int rest = i;
        for (std::size_t digit = 1; digit <= 8; ++digit, rest /= 26) {
            uri[digit] = static_cast<char>('a' + rest % 26);
        }
        add(tally, seen(uri, 4 * k_kib * (i % 64) - 126 * k_kib));
        if (i % 300 == 299) { // begins when all places are taken
            add(tally, seen("/export/" + std::to_string(i), 100 * k_kib, 200ms));
        }
    }
    CHECK(tally.bytes() <= 1 << 20);
    const control::Blame blame = tally.told();
    REQUIRE(blame.routes.front().route == "/export/*");
    CHECK(blame.routes.front().measured > 3000);
    CHECK(blame.routes.size() <= 100);
    CHECK(blame.requests == 1'003'333);
    std::uint64_t shown = blame.other.requests;
    for (const auto& route : blame.routes) {
        shown += route.requests;
    }
    CHECK(shown == blame.requests);
}

TEST_CASE("what a worker makes up is bounded") {
    OneWorker tally;
    MeasuredRequest wild = seen(std::string(5000, '/'), std::int64_t{1} << 40, 24h * 3650);
    wild.method = std::string(5000, 'X');
    wild.weight = 1U << 16;
    for (int i = 0; i < 100'000; ++i) {
        tally.add(MeasuredReading{.requests = {wild}, .scale = 64}, tally.courses);
    }
    CHECK(tally.bytes() <= 1 << 20);
    const control::Blame blame = tally.told();
    CHECK(blame.routes.front().method.size() <= 16);
    CHECK(blame.time > 0s);
    CHECK(blame.growth_bytes > 0);
}
