// SPDX-License-Identifier: MIT
#include "recycler/events/complaints.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;
using namespace std::chrono_literals;

TEST_CASE("a trouble is told once, and that of other workers once a minute") {
    Complaints complaints;
    const MonoTime start{1h};
    CHECK(complaints.is_new("clear away 7012.3: no room", start));
    CHECK_FALSE(complaints.is_new("clear away 7012.3: no room", start + 2h));
    CHECK_FALSE(complaints.is_new("clear away 7012.4: no room", start + 59s));
    CHECK(complaints.is_new("clear away 7012.4: no right", start + 59s));
    CHECK(complaints.is_new("clear away 7012.5: no room", start + 60s));
    CHECK_FALSE(complaints.is_new("clear away 7012.6: no room", start + 119s));
}

TEST_CASE("many others make a trouble news again") {
    Complaints complaints;
    CHECK(complaints.is_new("first", MonoTime{}));
    for (char name = 'a'; name <= 'z'; ++name) {
        for (char more = 'a'; more <= 'z'; ++more) {
            CHECK(complaints.is_new({name, more}, MonoTime{}));
        }
    }
    CHECK(complaints.is_new("first", MonoTime{}));
}
