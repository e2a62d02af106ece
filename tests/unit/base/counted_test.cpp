// SPDX-License-Identifier: MIT
#include "recycler/base/counted.hpp"

#include <doctest/doctest.h>

using recycler::counted;

TEST_CASE("one is singular, and every other number plural") {
    CHECK(counted(1, "worker", "workers") == "1 worker");
    CHECK(counted(0, "worker", "workers") == "0 workers");
    CHECK(counted(20, "process", "processes") == "20 processes");
    CHECK(counted(1, "slot waits", "slots wait") == "1 slot waits");
}
