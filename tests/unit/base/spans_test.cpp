// SPDX-License-Identifier: MIT
#include "recycler/base/text/spans.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::text;
using namespace std::chrono_literals;

TEST_CASE("spans are told in their two greatest units, as a policy would say them") {
    CHECK(span_text(0s) == "0s");
    CHECK(span_text(250ms) == "250ms");
    CHECK(span_text(59970ms) == "1min");
    CHECK(span_text(90min) == "1h 30min");
    CHECK(span_text(-90s) == "-1min 30s");
    CHECK(span_text(Duration::min()) == "-292y");
}

TEST_CASE("records round down from a minute on") {
    CHECK(recorded_span(0ns) == "0.00s");
    CHECK(recorded_span(350ms) == "0.35s");
    CHECK(recorded_span(59970ms) == "60s");
    CHECK(recorded_span(2h + 13min + 59s) == "2h 13min");
    CHECK(recorded_span(76h) == "3d 4h");
}

TEST_CASE("spans are short, or in two units") {
    CHECK(short_span(0s) == "0s");
    CHECK(short_span(59s) == "59s");
    CHECK(short_span(60s) == "1m");
    CHECK(short_span(59min + 59s) == "59m");
    CHECK(short_span(47h) == "47h");
    CHECK(short_span(48h) == "2d");
    CHECK(long_span(400ms) == "0.4 s");
    CHECK(long_span(12s) == "12 s");
    CHECK(long_span(125s) == "2 min 5 s");
    CHECK(long_span(2min) == "2 min");
    CHECK(long_span(3h + 12min) == "3 h 12 min");
    CHECK(long_span(50h) == "2 d 2 h");
}

TEST_CASE("requests take milliseconds") {
    CHECK(request_span(310us) == "0.3 ms");
    CHECK(request_span(9999us) == "9.9 ms");
    CHECK(request_span(45ms) == "45 ms");
    CHECK(request_span(1500ms) == "1.5 s");
}

TEST_CASE("what goes on has minutes and seconds, both") {
    CHECK(ticking_span(900ms) == "0 s");
    CHECK(ticking_span(12s) == "12 s");
    CHECK(ticking_span(2min) == "2 min 0 s");
    CHECK(ticking_span(2h + 5min + 5s) == "125 min 5 s");
}
