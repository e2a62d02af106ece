// SPDX-License-Identifier: MIT
#include "policies/units.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace policies;
using namespace recycler;

namespace {

std::optional<Bytes> size_of(std::string_view text) {
    const auto parsed = parse_size(text);
    const auto* value = std::get_if<Bytes>(&parsed);
    return value ? std::optional{*value} : std::nullopt;
}

std::optional<Duration> span_of(std::string_view text) {
    const auto parsed = parse_span(text);
    const auto* value = std::get_if<Duration>(&parsed);
    return value ? std::optional{*value} : std::nullopt;
}

std::optional<double> percent(std::string_view text) {
    const auto parsed = parse_percent(text);
    const auto* value = std::get_if<Percent>(&parsed);
    return value ? std::optional{value->value} : std::nullopt;
}

} // namespace

TEST_CASE("a unit has the spellings of systemd, Docker and Kubernetes, each with base 1024") {
    for (const auto* text : {"256M", "256MiB", "256Mi", "256m", "256mi", "256mib", "256 Mi",
                             "262144K", "262144k", "262144Ki", "268435456b", "0.25g", "0.25Gi"}) {
        CAPTURE(text);
        CHECK(size_of(text) == 256_MiB);
    }
}

TEST_CASE("sizes are read with base 1024, as systemd reads them") {
    CHECK(size_of("0") == Bytes{0});
    CHECK(size_of("268435456") == 256_MiB);
    CHECK(size_of("512B") == Bytes{512});
    CHECK(size_of("64K") == 64_KiB);
    CHECK(size_of("256M") == 256_MiB);
    CHECK(size_of("256MiB") == 256_MiB);
    CHECK(size_of("256 MiB") == 256_MiB);
    CHECK(size_of(" 4G ") == 4_GiB);
    CHECK(size_of("1.5G") == 1536_MiB);
    CHECK(size_of("1G 512M") == 1536_MiB);
    CHECK(size_of("1G512M") == 1536_MiB);
    CHECK(size_of("2T") == 2048_GiB);
    CHECK(size_of("15EiB") == Bytes{15ULL << 60});
}

TEST_CASE("what is no size is refused") {
    for (const auto* text : {"",         " ",     "M",   "-1M", "1X",  "1M1G",
                             "1M 1M",    "1..5G", "1.G", ".5G", "16E", "99999999999999999999",
                             "0x10",     "1e3",   "1e",  "1Bi", "1iB", "256megabytes",
                             "infinity", "5%"}) {
        CAPTURE(text);
        CHECK_FALSE(size_of(text));
    }
}

TEST_CASE("a unit that people take for a power of 1000 gets a suggestion of its own") {
    const auto problem = std::get<Problem>(parse_size("256MB"));
    CHECK(problem.suggestion == "write \"MiB\" or \"M\"");
    const auto small = std::get<Problem>(parse_size("256mb"));
    CHECK(small.reason == "sizes use powers of 1024; there is no unit \"mb\"");
    CHECK(small.suggestion == "write \"MiB\" or \"M\"");
}

TEST_CASE("spans are read as systemd.time(7) describes them") {
    CHECK(span_of("0") == 0s);
    CHECK(span_of("3") == 3s);
    CHECK(span_of("3s") == 3s);
    CHECK(span_of("5min") == 5min);
    CHECK(span_of("5 min") == 5min);
    CHECK(span_of("1h 30min") == 90min);
    CHECK(span_of("1h30m") == 90min);
    CHECK(span_of("250ms") == 250ms);
    CHECK(span_of("1.5s") == 1500ms);
    CHECK(span_of("2 hours") == 2h);
    CHECK(span_of("7us 3ns") == 7003ns);
    CHECK(span_of("1d") == 24h);
    CHECK(span_of("1w") == 7 * 24h);
    CHECK(span_of("1M") == std::chrono::seconds{2'630'016});
    CHECK(span_of("1y") == std::chrono::seconds{31'557'600});
    CHECK(span_of("10\u00b5s") == 10us);
    CHECK(span_of("1min 5") == 65s);
}

TEST_CASE("what is no span of time is refused") {
    for (const auto* text : {"", "-3s", "5 mn", "s", "5m5x", "infinity", "101y", "1e9s", "5%",
                             "18446744073709551615s", "18446744073709551616"}) {
        CAPTURE(text);
        CHECK_FALSE(span_of(text));
    }
}

TEST_CASE("parts go from 0 to 100 percent") {
    CHECK(percent("80%") == 80.0);
    CHECK(percent("12.5%") == 12.5);
    CHECK(percent("0%") == 0.0);
    CHECK(percent("100%") == 100.0);
    for (const auto* text : {"", "80", "%", "101%", "-1%", "80%%", "80% 1%", "100.5%"}) {
        CAPTURE(text);
        CHECK_FALSE(percent(text));
    }
    CHECK(part_of(Percent{80}, 256_MiB) == Bytes{214748364});
    CHECK(part_of(Percent{0}, 256_MiB) == Bytes{0});
    CHECK(part_of(Percent{100}, 256_MiB) == 256_MiB);
}

TEST_CASE("sizes are told in the greatest unit that fits") {
    CHECK(to_text(Bytes{0}) == "0 B");
    CHECK(to_text(Bytes{1023}) == "1023 B");
    CHECK(to_text(Bytes{60'083'404}) == "57.3 MiB");
    CHECK(to_text(4_GiB) == "4 GiB");
    CHECK(to_text(1536_MiB) == "1.5 GiB");
    CHECK(to_text(1_MiB - Bytes{1}) == "1 MiB");
    CHECK(to_text(Bytes{UINT64_MAX}) == "16 EiB");
}

TEST_CASE("spans are told in their two greatest units") {
    CHECK(to_text(Duration{0}) == "0s");
    CHECK(to_text(Duration{5ns}) == "5ns");
    CHECK(to_text(Duration{40us}) == "40us");
    CHECK(to_text(Duration{250ms}) == "250ms");
    CHECK(to_text(Duration{2500ms}) == "2.5s");
    CHECK(to_text(Duration{59970ms}) == "1min");
    CHECK(to_text(Duration{90s}) == "1min 30s");
    CHECK(to_text(Duration{5min}) == "5min");
    CHECK(to_text(Duration{90min}) == "1h 30min");
    CHECK(to_text(Duration{12h}) == "12h");
    CHECK(to_text(Duration{52h}) == "2d 4h");
    CHECK(to_text(Duration{3599600ms}) == "1h");
    CHECK(to_text(Duration{-90s}) == "-1min 30s");
    CHECK(to_text(Duration::min()) == "-292y");
    CHECK(to_text(Percent{12.5}) == "12.5%");
    CHECK(to_text(Percent{10}) == "10%");
}

TEST_CASE("what is told reads back to within what it shows") {
    std::mt19937_64 random{42};
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t any = random() >> (random() % 64);
        const auto told = size_of(to_text(Bytes{any}));
        if (any < (15ULL << 60)) {
            REQUIRE(told);
            const double off = static_cast<double>(told->count) - static_cast<double>(any);
            // Half of the decimal shown, of at least one unit.
            CHECK(std::abs(off) <= 0.0501 * static_cast<double>(std::max<std::uint64_t>(any, 1)));
        }
        const Duration time{
            static_cast<Duration::rep>(any % static_cast<std::uint64_t>(k_longest_span.count()))};
        const auto told_time = span_of(to_text(time));
        REQUIRE(told_time);
        const double off =
            static_cast<double>(told_time->count()) - static_cast<double>(time.count());
        CHECK(std::abs(off) <=
              0.0501 * static_cast<double>(std::max<std::int64_t>(time.count(), 1)));
    }
}
