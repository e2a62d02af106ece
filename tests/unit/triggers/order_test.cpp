// SPDX-License-Identifier: MIT
#include "recycler/triggers/order.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace policies;
using namespace recycler::triggers;
using recycler::MonoTime;
using recycler::SlotId;

TEST_CASE("who reaches memory.max first goes first, unknown last") {
    const Due soon{SlotId{3}, 5s, MonoTime{9s}};
    const Due later{SlotId{1}, 50s, MonoTime{1s}};
    const Due unknown{SlotId{0}, std::nullopt, MonoTime{0s}};
    CHECK(in_order({unknown, later, soon}) == std::vector{soon, later, unknown});
}

TEST_CASE("among equals the one that has been due for longest goes first, then the first slot") {
    const Due old{SlotId{5}, std::nullopt, MonoTime{1s}};
    const Due first{SlotId{1}, std::nullopt, MonoTime{2s}};
    const Due second{SlotId{2}, std::nullopt, MonoTime{2s}};
    CHECK(in_order({second, first, old}) == std::vector{old, first, second});
    CHECK_FALSE(goes_before(old, old));
}
