// SPDX-License-Identifier: MIT
#include "recycler/base/text/utf8.hpp"

#include <doctest/doctest.h>

using namespace recycler::text;

TEST_CASE("characters are told from bytes that are none") {
    CHECK(first_character("a").code == U'a');
    CHECK(first_character("\xc3\xa9z").bytes == "\xc3\xa9");
    CHECK(first_character("\xf0\x9f\x9a\x80").code == 0x1f680);
    for (const char* broken : {"\x80", "\xc3", "\xc3z", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                               "\xf4\x90\x80\x80", "\xff"}) {
        CHECK(first_character(broken).kind == Character::Kind::broken);
        CHECK(first_character(broken).bytes.size() == 1);
    }
}

TEST_CASE("widths are those of characters") {
    CHECK(width_of("caf\xc3\xa9") == 4);
    CHECK(width_of("\xff\xfe") == 2);
    CHECK(head_of("caf\xc3\xa9s", 4) == "caf\xc3\xa9");
    CHECK(head_of("ab", 9) == "ab");
    CHECK(head_of("ab", 0).empty());
}

TEST_CASE("a cut leaves characters whole") {
    CHECK(whole_characters("abcd", 3) == 3);
    CHECK(whole_characters("a\xe2\x82\xacz", 3) == 1);
    CHECK(whole_characters("a\xe2\x82\xacz", 4) == 4);
    CHECK(whole_characters("\x80\x80\x80\x80\x80\x80", 5) == 5); // no character to keep whole
}
