// SPDX-License-Identifier: MIT
#include "recycler/request/measured.hpp"

#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <memory>
#include <random>

using namespace recycler;
using namespace recycler::request;

namespace {

// A formatted page, and what a recorder would have pushed.
class Pushed {
  public:
    Pushed() : page_(std::make_unique<Page>()) {
        format_page({reinterpret_cast<std::byte*>(page_.get()), sizeof(Page)});
    }
    Page& page() { return *page_; }
    Ring& ring() { return page_->ring; }
    std::span<const std::byte> bytes() {
        return {reinterpret_cast<std::byte*>(page_.get()), sizeof(Page)};
    }
    Measured& push(std::string_view uri) {
        const std::uint64_t number = ring().next++;
        Measured& place = ring().places[number % k_ring_places];
        place = {.sequence = 2 * number + 2,
                 .duration = 5'000'000,
                 .growth = 4096,
                 .weight = 7,
                 .flags = k_memory_known,
                 .method = {'G', 'E', 'T'},
                 .uri = {}};
        std::memcpy(place.uri, uri.data(), std::min(uri.size(), sizeof place.uri));
        return place;
    }

  private:
    std::unique_ptr<Page> page_;
};

} // namespace

TEST_CASE("what was measured is read once, in its order") {
    Pushed pushed;
    CHECK(read_measured(pushed.bytes(), 0) == MeasuredReading{});
    pushed.push("/a");
    pushed.push("/b").flags = k_first_request;
    const auto read = read_measured(pushed.bytes(), 0);
    REQUIRE(read);
    REQUIRE(read->requests.size() == 2);
    CHECK(read->requests[0] == MeasuredRequest{.method = "GET",
                                               .uri = "/a",
                                               .duration = Duration{5'000'000},
                                               .growth = 4096,
                                               .weight = 7});
    CHECK_FALSE(read->requests[1].growth);
    CHECK(read->requests[1].turn == Turn::first);
    CHECK(read->scale == 1);
    CHECK(read->next == 2);
    CHECK(read_measured(pushed.bytes(), 2)->requests.empty());
}

TEST_CASE("which process it was and how large that was then are read, unless an earlier recorder "
          "wrote it") {
    Pushed pushed;
    pushed.push("/a").flags = k_memory_known | 126U << k_row_shift | 3U << k_level_shift;
    pushed.push("/b").flags = k_memory_known;
    pushed.push("/c").flags = 5U << k_row_shift | 3U << k_level_shift; // its memory was not read
    const auto read = read_measured(pushed.bytes(), 0);
    REQUIRE(read);
    CHECK(read->requests[0].process == 126);
    CHECK(read->requests[0].level == 3 * 16'384);
    CHECK_FALSE(read->requests[1].level);
    CHECK(read->requests[1].process == 0);
    CHECK_FALSE(read->requests[2].level);
}

TEST_CASE("those that are left stand for those that were overwritten") {
    Pushed pushed;
    for (std::uint32_t i = 0; i < 3 * k_ring_places; ++i) {
        pushed.push("/a");
    }
    const auto read = read_measured(pushed.bytes(), k_ring_places);
    CHECK(read->requests.size() == k_ring_places);
    CHECK(read->scale == 2);
}

TEST_CASE("a slow request stands for itself, because each one is told") {
    Pushed pushed;
    pushed.push("/a").duration = k_slow_request;
    CHECK(read_measured(pushed.bytes(), 0)->requests.front().weight == 1);
}

TEST_CASE("a place that is being written, or belongs to another request, is passed over") {
    Pushed pushed;
    pushed.push("/a").sequence -= 1;
    pushed.push("/b");
    pushed.push("/c").sequence += std::uint64_t{2} * k_ring_places;
    const auto read = read_measured(pushed.bytes(), 0);
    REQUIRE(read->requests.size() == 1);
    CHECK(read->requests.front().uri == "/b");
}

TEST_CASE("a page of the version before has no ring, and is read all the same") {
    Pushed pushed;
    pushed.page().header.version = 1;
    pushed.page().header.size = k_size_without_ring;
    const auto shorter = pushed.bytes().first(k_size_without_ring);
    CHECK(read_page(shorter));
    CHECK_FALSE(has_ring(shorter));
    CHECK_FALSE(read_measured(shorter, 0));
    CHECK_FALSE(has_ring(pushed.bytes()));
    pushed.page().header.version = 2; // with the size of the one before
    CHECK_FALSE(read_page(shorter));
}

TEST_CASE("whatever stands in the ring, what is read of it is bounded and printable") {
    Pushed pushed;
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        auto* bytes = reinterpret_cast<unsigned char*>(&pushed.ring());
        for (std::size_t i = 0; i < sizeof(Ring); ++i) {
            bytes[i] = static_cast<unsigned char>(random());
        }
        for (std::uint64_t i = 0; i < k_ring_places; ++i) { // whole, as a hostile worker would say
            const std::uint64_t number = pushed.ring().next - k_ring_places + i;
            pushed.ring().places[number % k_ring_places].sequence = 2 * number + 2;
        }
        const auto read = read_measured(pushed.bytes(), random());
        REQUIRE(read);
        CHECK(read->requests.size() <= k_ring_places);
        CHECK(read->scale <= 64);
        for (const MeasuredRequest& request : read->requests) {
            CHECK(request.uri.size() <= 3 * k_measured_uri_size);
            CHECK(request.method.find_first_not_of("%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                   "abcdefghijklmnopqrstuvwxyz"
                                                   "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~") ==
                  std::string::npos);
            CHECK(request.weight >= 1);
            CHECK(request.weight <= 1U << 16);
            CHECK(request.duration >= Duration::zero());
        }
    }
}
