// SPDX-License-Identifier: MIT
// What waited while no start succeeded, in the records of those starts.
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {

bool tells_of(const Explanation& told, std::string_view part) {
    return told.sentence.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the record of a start that failed says who was turned away meanwhile") {
    Evidence e = starting(exited(1));
    CHECK_FALSE(tells_of(explain(e), "urned away"));
    e.turned_away = 1;
    CHECK(tells_of(explain(e), "Turned away meanwhile: 1 request that waited in the slot since it "
                               "last had a worker that served."));
    e.turned_away = 12;
    CHECK(tells_of(explain(e), "12 requests that waited"));
    const auto facts = explain(e).evidence;
    CHECK(std::ranges::any_of(
        facts, [](const Fact& fact) { return fact.name == "turned away meanwhile"; }));
}
