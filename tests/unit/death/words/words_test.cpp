// SPDX-License-Identifier: MIT
#include "recycler/death/words/words.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;
using namespace std::chrono_literals;

TEST_CASE("sizes are written in the largest unit that fits, with one decimal where it says more") {
    CHECK(in_words(Bytes{0}) == "0 B");
    CHECK(in_words(Bytes{1023}) == "1023 B");
    CHECK(in_words(256_MiB) == "256 MiB");
    CHECK(in_words(Bytes{60083405}) == "57.3 MiB");
    CHECK(in_words(Bytes{std::uint64_t{5} << 50}) == "5120 TiB");
}

TEST_CASE("durations are written in their two largest units") {
    CHECK(in_words(0ns) == "0.00s");
    CHECK(in_words(Duration{350ms}) == "0.35s");
    CHECK(in_words(Duration{12300ms}) == "12.3s");
    CHECK(in_words(Duration{60s}) == "1min");
    CHECK(in_words(Duration{361s}) == "6min 1s");
    CHECK(in_words(Duration{2h + 13min}) == "2h 13min");
    CHECK(in_words(Duration{76h}) == "3d 4h");
}

TEST_CASE("signals and errnos have their names, or their numbers where there is none") {
    CHECK(signal_name(SIGSEGV) == "SIGSEGV");
    CHECK(signal_name(34) == "signal 34");
    CHECK(errno_name(ENOENT) == "ENOENT (No such file or directory)");
    CHECK(errno_name(0) == "error 0");
    CHECK(errno_name(99999) == "error 99999");
}
