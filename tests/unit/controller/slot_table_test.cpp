// What the outside calls a slot.
#include "recycler/controller/slot_table.hpp"

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
