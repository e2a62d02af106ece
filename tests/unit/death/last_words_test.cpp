// SPDX-License-Identifier: MIT
#include "recycler/death/words/clauses.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <doctest/doctest.h>

using namespace recycler::death;

TEST_CASE("the last words of a worker are its last line that has any") {
    Evidence evidence = killed_by(SIGABRT);
    CHECK(last_words(evidence) == " The record has no output on stderr.");
    evidence.stderr_tail = {"first", "For details: bugreport.html", "", " \t\r"};
    CHECK(last_words(evidence) == " Its last line on stderr: \"For details: bugreport.html\".");
    evidence.stderr_tail = {"", " "};
    CHECK(last_words(evidence) == " It wrote only empty lines to stderr.");
}
