// SPDX-License-Identifier: MIT
#include "recycler/base/text/characters.hpp"

#include <doctest/doctest.h>

using namespace recycler::text;

TEST_CASE("characters are of a kind in ASCII alone") {
    CHECK(is_all_digits("0123456789"));
    CHECK_FALSE(is_all_digits(""));
    CHECK_FALSE(is_all_digits("1a"));
    CHECK(is_letter('z'));
    CHECK_FALSE(is_letter('\xe9'));
    CHECK(is_hex('F'));
    CHECK_FALSE(is_hex('g'));
    CHECK(shown('~') == '~');
    CHECK(shown('\x7f') == '?');
    CHECK(lowered("ProxyPass \xc3\x89") == "proxypass \xc3\x89");
}
