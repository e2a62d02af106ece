// SPDX-License-Identifier: MIT
#include "recycler/request/get_values.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace recycler::request;

TEST_CASE("the question is one whole management record") {
    const auto record = get_values_record();
    REQUIRE(record.size() == 32);
    CHECK(record[0] == 1);                      // version
    CHECK(record[1] == 9);                      // FCGI_GET_VALUES
    CHECK((record[2] == 0 && record[3] == 0));  // request id 0
    CHECK(8U + record[5] + record[6] == 32U);   // header, content, padding
    CHECK((record[8] == 15 && record[9] == 0)); // the lengths of name and value
    CHECK(std::string(record.begin() + 10, record.begin() + 25) == "FCGI_MPXS_CONNS");
}

TEST_CASE("an answer is a result, or that the type is not known; nothing else is one") {
    const auto judged = [](std::vector<std::uint8_t> bytes) { return judge_probe_answer(bytes); };
    CHECK(judged({1, 10, 0, 0, 0, 18, 6, 0}) == ProbeAnswer::fastcgi);
    CHECK(judged({1, 11, 0, 0, 0, 8, 0, 0}) == ProbeAnswer::fastcgi);
    CHECK(judged({1, 10, 0, 0, 0, 18, 6}) == ProbeAnswer::incomplete);
    CHECK(judged({}) == ProbeAnswer::incomplete);
    CHECK(judged({1, 3, 0, 1, 0, 8, 0, 0}) == ProbeAnswer::other);
    CHECK(judged({'H', 'T', 'T', 'P', '/', '1', '.', '1'}) == ProbeAnswer::other);
}
