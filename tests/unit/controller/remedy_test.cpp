// SPDX-License-Identifier: MIT
#include "recycler/controller/act/remedy.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using controller::with_remedy;

TEST_CASE("what the system said comes with what to do about it") {
    CHECK(with_remedy({ENOSPC, "link a to b"}) ==
          "link a to b: No space left on device (make room in the file system of that folder: df "
          "and df -i show what is left)");
    CHECK(with_remedy({EMFILE, "open a socket"}).find("LimitNOFILE=") != std::string::npos);
    CHECK(with_remedy({EPERM, "attach a program"}).find("SO_LOCK_FILTER") != std::string::npos);
}

TEST_CASE("where nothing can be advised it stands as it is") {
    CHECK(with_remedy({EINTR, "bind"}) == "bind: Interrupted system call");
    CHECK(with_remedy({0, "listen on x, which is not a socket"}) ==
          "listen on x, which is not a socket");
}
