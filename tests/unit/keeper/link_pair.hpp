// SPDX-License-Identifier: MIT
// Both ends of a link between keeper and controller, in one process.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <doctest/doctest.h>
#include <sys/socket.h>

namespace recycler::keeper {

struct LinkPair {
    LinkPair() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours.reset(ends[0]);
        theirs.reset(ends[1]);
    }
    UniqueFd ours;
    UniqueFd theirs;
};

} // namespace recycler::keeper
