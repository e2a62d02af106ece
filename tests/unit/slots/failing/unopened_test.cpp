// SPDX-License-Identifier: MIT
// A listener that broke, where no fresh one can be opened in its place.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using namespace std::chrono_literals;

namespace {

Driver without_listener() {
    Driver driver(policy_with(policies::HandoverMode::overlap), 1);
    driver.started();
    driver.tell(ListenerAmiss{.listener = listener(0, 1), .why = "it was removed"});
    driver.tell(ListenerFailed{ListenerOrder::open, listener(0, 2), "no folder"});
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE("a recycle is refused where no fresh listener can be opened, and says why") {
    Driver driver = without_listener();
    driver.recycle(0, 1);
    REQUIRE(driver.saw<Reply>());
    CHECK(driver.last<Reply>().slot == SlotId{0});
    CHECK(driver.last<Reply>().reason == "its listener is gone, and Recycler, which tries again, "
                                         "could not open a fresh one: no folder");
    CHECK(driver.orders() == "answer 1 refused");
}

TEST_CASE("a gate that does not open is not announced as opened with each attempt") {
    Driver driver = without_listener();
    driver.tell(ListenerFailed{ListenerOrder::show, listener(0, 1), "no folder"});
    driver.forget_orders();
    int attempts = 0;
    for (int i = 0; i < 200; ++i) {
        driver.advance(10ms);
        if (driver.saw<OpenListener>()) {
            ++attempts;
            driver.tell(ListenerFailed{ListenerOrder::open, driver.last<OpenListener>().listener,
                                       "no folder"});
        }
        if (driver.saw<ShowListener>()) {
            driver.tell(ListenerFailed{ListenerOrder::show, listener(0, 1), "no folder"});
        }
        CHECK_FALSE(driver.announced("gate-opened"));
        driver.forget_orders();
    }
    CHECK(attempts > 0);
    CHECK(driver.slot().gate == Gate::closed);
}
