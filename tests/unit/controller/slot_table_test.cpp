// SPDX-License-Identifier: MIT
// What the outside calls a slot.
#include "recycler/controller/workers/slot_table.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using recycler::controller::SlotTable;

namespace {

SlotTable table() {
    return SlotTable(
        {policies::TcpAddress{"127.0.0.1", 7000}, policies::TcpAddress{"127.0.0.1", 7001}});
}

} // namespace

TEST_CASE("a slot is found by its port and by its whole address") {
    const SlotTable slots = table();
    CHECK(slots.find("7001") == SlotId{1});
    CHECK(slots.find("127.0.0.1:7000") == SlotId{0});
    CHECK_FALSE(slots.find("7002"));
    CHECK_FALSE(slots.find(""));
}

TEST_CASE("a slot that is added gets the lowest free number, and the numbers of others stay") {
    SlotTable slots = table();
    CHECK(slots.add(policies::TcpAddress{"127.0.0.1", 7002}) == SlotId{2});
    slots.remove({0}, 5);
    CHECK(slots.ids() == std::vector<SlotId>{{1}, {2}});
    CHECK_FALSE(slots.find("7000"));
    CHECK(slots.add(policies::TcpAddress{"127.0.0.1", 7003}) == SlotId{0});
    CHECK(
        slots.ids_of({policies::TcpAddress{"127.0.0.1", 7003}, policies::TcpAddress{"127.0.0.1", 9},
                      policies::TcpAddress{"127.0.0.1", 7001}}) == std::vector<SlotId>{{0}, {1}});
}

TEST_CASE("a slot that comes back counts its generations on, whatever its number") {
    SlotTable slots = table();
    CHECK(slots.first_generation({0}) == 1);
    slots.remove({0}, 5);
    slots.remove({1}, 9);
    slots.add(policies::TcpAddress{"127.0.0.1", 7001});
    slots.add(policies::TcpAddress{"127.0.0.1", 7000});
    CHECK(slots.first_generation({0}) == 9);
    CHECK(slots.first_generation({1}) == 5);
}

TEST_CASE("a worker is named by slot and generation") {
    CHECK(table().name(WorkerId{{1}, 3}) == "7001.3");
}

TEST_CASE("a listener is there from its opening to its closing") {
    SlotTable slots = table();
    CHECK(slots.fd({{0}, 1}) == -1);
    slots.open({{0}, 1}, UniqueFd(::dup(0)));
    slots.open({{0}, 2}, UniqueFd(::dup(0)));
    CHECK(slots.open_listeners({0}) == 2);
    CHECK(slots.open_listeners({1}) == 0);
    slots.close({{0}, 1});
    CHECK(slots.fd({{0}, 1}) == -1);
    CHECK(slots.listeners() == std::vector<ListenerId>{{{0}, 2}});
}
