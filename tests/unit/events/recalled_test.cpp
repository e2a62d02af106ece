// SPDX-License-Identifier: MIT
// What an archive recalls, through the pipe from the child that read it.
#include "recycler/events/recalled.hpp"

#include <doctest/doctest.h>

using namespace recycler::events;

TEST_CASE("lines come back in their order, and each record where it was asked for") {
    const EventStore::Recalled recalled{
        .lines = {R"({"b":2})", R"({"a":"x y"})"},
        .records = {std::nullopt, R"({"kind":"end"})", std::nullopt}};
    const auto back = recalled_from(to_bytes(recalled), 3);
    CHECK(back.lines == recalled.lines);
    CHECK(back.records == recalled.records);
}

TEST_CASE("why nothing could be read comes back, beside what could") {
    const EventStore::Recalled recalled{
        .lines = {"{}"}, .records = {std::nullopt}, .trouble = "open report.jsonl: Too bad"};
    const auto back = recalled_from(to_bytes(recalled), 1);
    CHECK(back.trouble == recalled.trouble);
    CHECK(back.lines == recalled.lines);
}

TEST_CASE("nothing comes back as nothing") {
    const auto back = recalled_from(to_bytes(EventStore::Recalled()), 2);
    CHECK(back.lines.empty());
    CHECK(back.records == std::vector<std::optional<std::string>>(2));
}

TEST_CASE("an entry of somebody else with a newline in it passes for no record") {
    const auto back = recalled_from(
        to_bytes(EventStore::Recalled{.lines = {"{}\n0 {\"kind\":\"end\"}"}, .records = {}}), 1);
    CHECK(back.lines.empty());
    CHECK_FALSE(back.records[0]);
}

TEST_CASE("a record beyond those that were asked for, or without a number, is left out") {
    const auto back = recalled_from("7 {}\nx {}\n\n- {}\n0", 1);
    CHECK(back.lines == std::vector<std::string>{"{}"});
    CHECK(back.records.size() == 1);
}
