// SPDX-License-Identifier: MIT
#include "recycler/base/text/sizes.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::text;

TEST_CASE("sizes are told in the greatest unit that fits, as a policy would say them") {
    CHECK(size_text(Bytes{0}) == "0 B");
    CHECK(size_text(Bytes{1023}) == "1023 B");
    CHECK(size_text(Bytes{60'083'404}) == "57.3 MiB");
    CHECK(size_text(1_MiB - Bytes{1}) == "1 MiB");
    CHECK(size_text(Bytes{UINT64_MAX}) == "16 EiB");
}

TEST_CASE("records round as they always have, and know no unit beyond TiB") {
    CHECK(recorded_size(Bytes{1280}) == "1.2 KiB");
    CHECK(size_text(Bytes{1280}) == "1.3 KiB");
    CHECK(recorded_size(256_MiB) == "256 MiB");
    CHECK(recorded_size(Bytes{std::uint64_t{5} << 50}) == "5120 TiB");
    CHECK(size_text(Bytes{std::uint64_t{5} << 50}) == "5 PiB");
}

TEST_CASE("sizes are short") {
    CHECK(short_size(Bytes{0}) == "0B");
    CHECK(short_size(Bytes{999}) == "999B");
    CHECK(short_size(Bytes{1000}) == "1.0K");
    CHECK(short_size(196_MiB) == "196M");
    CHECK(short_size(1_GiB) == "1.0G");
    CHECK(short_size(Bytes{10'200'547'328}) == "9.5G");
    CHECK(short_size(Bytes{~std::uint64_t{0}}) == "16E");
}

TEST_CASE("a growth has its sign, and no more digits than were measured") {
    CHECK(growth_text(0) == "0 bytes");
    CHECK(growth_text(-40) == "-40 bytes");
    CHECK(growth_text(9728) == "9.5 KiB");
    CHECK(growth_text(217'088) == "212 KiB");
    CHECK(growth_text(-(std::int64_t{3} << 20)) == "-3.0 MiB");
    CHECK(growth_text(INT64_MIN) == "-8192 PiB");
}
