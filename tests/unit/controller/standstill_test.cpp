// SPDX-License-Identifier: MIT
#include "recycler/controller/look/standstill.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;
using namespace std::chrono_literals;

namespace {

struct Look {
    Duration after{};
    std::uint32_t queued = 0;
    std::uint64_t accepts = 9;
    std::uint64_t served = 9;
    std::uint32_t open = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t half = 0;
    std::uint64_t begun = 9;
};

class Looked {
  public:
    std::optional<Duration> at(const Look& look) {
        return take_standstill(
            note,
            {.at = MonoTime{look.after},
             .queued = look.queued,
             .accepts = look.accepts,
             .begun = look.begun,
             .served = look.served,
             .activity = {.open = look.open, .in_flight = look.in_flight, .half = look.half}});
    }
    std::optional<UnservedNote> note;
};

} // namespace

TEST_CASE("who takes nobody while somebody waits stands still since the first look that shows it") {
    Looked looked;
    CHECK(looked.at({.after = 10s, .queued = 0}) == std::nullopt);
    CHECK(looked.at({.after = 11s, .queued = 1}) == 0s);
    CHECK(looked.at({.after = 12s, .queued = 4}) == 1s);
    CHECK(looked.at({.after = 71s, .queued = 3}) == 60s);
    CHECK(looked.note->queued == 3);
}

TEST_CASE("nobody waits, or a whole request is in flight: it does not stand still") {
    Looked looked;
    CHECK(looked.at({.after = 1s, .queued = 2}) == 0s);
    CHECK(looked.at({.after = 2s, .queued = 0, .open = 1}) == std::nullopt); // a kept connection
    CHECK(looked.at({.after = 3s, .queued = 2, .open = 1, .in_flight = 1}) == std::nullopt);
    CHECK(looked.at({.after = 99s, .queued = 2, .open = 1, .in_flight = 1}) == std::nullopt);
    CHECK(looked.at({.after = 100s, .queued = 2}) == 0s);
}

TEST_CASE("one that takes a connection, or has answered, between two looks begins anew") {
    Looked looked;
    CHECK(looked.at({.after = 1s, .queued = 2}) == 0s);
    CHECK(looked.at({.after = 9s, .queued = 2, .accepts = 10}) == 0s);
    CHECK(looked.at({.after = 12s, .queued = 2, .accepts = 10}) == 3s);
    CHECK(looked.at({.after = 13s, .queued = 2, .accepts = 10, .served = 10}) == 0s);
}

TEST_CASE("connections on which nothing or half a request has come keep nobody busy") {
    Looked looked;
    CHECK(looked.at({.after = 1s, .queued = 1, .open = 2}) == 0s);
    CHECK(looked.at({.after = 3s, .queued = 1, .open = 2, .in_flight = 1, .half = 1}) == 2s);
    CHECK(looked.note->held == 1);
    CHECK(looked.note->half == 1);
    // Another thread has a whole one.
    CHECK(looked.at({.after = 4s, .queued = 1, .open = 2, .in_flight = 2, .half = 1}) ==
          std::nullopt);
}

TEST_CASE("of one whose requests were never seen nobody can say") {
    Looked looked;
    const Look first{.after = 1s, .queued = 1, .accepts = 1, .served = 0, .open = 1, .begun = 0};
    CHECK(looked.at(first) == 0s);
    const Look later{.after = 2s, .queued = 1, .accepts = 2, .served = 0, .open = 1, .begun = 0};
    CHECK(looked.at(later) == std::nullopt);
}
