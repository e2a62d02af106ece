// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/slot_words.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::ctl;

namespace {

std::vector<control::SlotStatus> slots(const std::vector<std::string>& names) {
    std::vector<control::SlotStatus> slots;
    for (const std::string& name : names) {
        slots.emplace_back().slot = name;
    }
    return slots;
}

} // namespace

TEST_CASE("names that count up are drawn together, others are listed, many are cut short") {
    CHECK(slot_names(slots({"7000", "7001", "7002", "7005", "7006", "a.sock"})) ==
          "7000-7002, 7005, 7006, a.sock");
    CHECK(slot_names(slots({"a", "b", "c", "d", "e", "f", "g", "h", "i"})) ==
          "a, b, c, d, e, f, g, h, ...");
    CHECK(slot_names(slots({"99999999999999999999"})) == "99999999999999999999");
    CHECK(slot_names({}).empty());
}

TEST_CASE("a verb typed as a slot is taken for the slip that it is") {
    CHECK(slot_advice("stop", slots({"7000", "7001"})) ==
          "the slots of the app are 7000, 7001; did you mean: recyclerctl stop?");
    CHECK(slot_advice("7099", slots({"7000"})) == "the slots of the app are 7000");
    CHECK(slot_advice("7099", {}) == "the app has no slots");
}
