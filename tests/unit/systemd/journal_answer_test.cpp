// SPDX-License-Identifier: MIT
#include "systemd/journal_answer.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace systemd;
using recycler::Error;
using recycler::Result;

TEST_CASE("an answer comes out of the pipe as it went in") {
    const JournalEntries entries{
        {{"MESSAGE", std::string("two\nlines\0and a zero", 20)}, {"RECYCLER_JSON", "{}"}},
        {},
        {{"MESSAGE", ""}}};
    const auto read = answer_from(to_bytes(entries));
    REQUIRE(read);
    CHECK(*read == entries);
    CHECK(answer_from(to_bytes(JournalEntries()))->empty());
}

TEST_CASE("an error comes out of the pipe as one") {
    const auto read =
        answer_from(to_bytes(Result<JournalEntries>(Error{EACCES, "open the journal"})));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == EACCES);
    CHECK(read.error().context == "open the journal");
}

TEST_CASE("an answer of a child that died half way is none") {
    const std::string whole = to_bytes(JournalEntries{{{"MESSAGE", "a"}, {"PRIORITY", "4"}}, {}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto read = answer_from(std::string_view(whole).substr(0, size));
        REQUIRE_FALSE(read);
        CHECK(read.error().code == EBADMSG);
    }
    CHECK_FALSE(answer_from(whole + "x"));
    CHECK_FALSE(answer_from(std::string(1000, '\xff')));
}
