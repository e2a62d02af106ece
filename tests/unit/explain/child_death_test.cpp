// SPDX-License-Identifier: MIT
#include "recycler/explain/history_builder.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;

TEST_CASE("the end of a child is a sentence, whatever its event knows") {
    control::EventLine event{.at = {}, .event = "child-died", .slot = "7012", .generation = 3};
    CHECK(sentence_of_child(event) ==
          "A child process of 7012.3 has died; the history does not say how.");
    event.members = {{"pid", std::int64_t{4711}}, // of an earlier version
                     {"text", std::string("SIGSEGV ended it while it served GET /a; 1 request was "
                                          "cut off")}};
    CHECK(sentence_of_child(event) ==
          "A child process of 7012.3 (pid 4711) has died: SIGSEGV ended it while it served "
          "GET /a; 1 request was cut off.");
    event.members.emplace_back("uri", std::string("/a"));
    HistoryBuilder builder;
    builder.take("shop", event);
    const History history = std::move(builder).build();
    REQUIRE(history.deaths().size() == 1);
    CHECK(history.deaths().front().uri == "/a");
    CHECK(history.deaths().front().sentence == sentence_of_child(event));
}
