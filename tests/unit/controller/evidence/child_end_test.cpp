// SPDX-License-Identifier: MIT
// What the event of a process says that ended while its worker lives on.
#include "recycler/controller/evidence/child_end.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

std::string text_of(const GoneChild& child) {
    const auto members = death_of_child(LiveWorker(), child, MonoTime{});
    return members ? std::get<std::string>(members->back().second) : "(no event)";
}

} // namespace

TEST_CASE("a child that leaves in good order is no event, and any other is") {
    CHECK(text_of({.pid = 7, .wait_status = 0}) == "(no event)");
    CHECK(text_of({.pid = 7, .process = request::Process{.pid = 7, .exited = 0}}) == "(no event)");
    CHECK(text_of({.pid = 7, .wait_status = SIGSEGV}) ==
          "SIGSEGV ended it; what it was doing is not known");
    CHECK(text_of({.pid = 7, .wait_status = 3 << 8}) ==
          "it ended by itself with status 3; what it was doing is not known");
    CHECK(text_of({.pid = 7, .process = request::Process{.pid = 7, .exited = 3}}) ==
          "it ended by itself with status 3 between two requests");
    CHECK(text_of({.pid = 7, .process = request::Process{.pid = 7}}) ==
          "it ended between two requests; how it ended is not known");
}
