// SPDX-License-Identifier: MIT
#include "recycler/controller/start/limitations.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;

TEST_CASE("a limit above the daemon's own is a limitation that names the key and the way to it") {
    policies::Limits limits;
    limits.nofile = 65536;
    limits.core = 1_GiB;
    const auto sentences = limits_not_given(limits, {.nofile = 512, .core = 0});
    REQUIRE(sentences.size() == 2);
    CHECK(
        sentences[0] ==
        "limits.nofile is 65536, but the hard limit of the daemon itself is 512, so its workers "
        "get 512. Set LimitNOFILE=65536 in the unit (systemctl edit) and restart it, or run ulimit "
        "-Hn 65536 in the shell that starts recyclerd; or lower limits.nofile.");
    CHECK(sentences[1] ==
          "limits.core is 1 GiB, but the hard limit of the daemon itself is 0 B, so its workers "
          "get 0 B. Set LimitCORE=1073741824 in the unit (systemctl edit) and restart it, or run "
          "ulimit -Hc 1048576 in the shell that starts recyclerd; or lower limits.core.");
}

TEST_CASE("what the daemon may set is no limitation, nor is what nobody asked for") {
    policies::Limits limits;
    limits.nofile = 512;
    limits.core = Bytes{0};
    CHECK(limits_not_given(limits, {.nofile = 512, .core = 0}).empty());
    limits.core.reset();
    CHECK(limits_not_given(limits, {.nofile = 512, .core = 0}).empty());
    CHECK(limits_not_given({}, {}).empty());
}

TEST_CASE("a profile that keeps connections from resting is a limitation that names the call") {
    CHECK(resting_not_given("epoll_ctl") ==
          "The seccomp profile does not allow epoll_ctl with all arguments, so that no connection "
          "rests in a worker, as with app.keep_connections = \"off\": allow the call in the "
          "profile, or write that in the policy.");
    CHECK_FALSE(resting_not_given("").has_value());
}
