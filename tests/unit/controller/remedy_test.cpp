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

TEST_CASE("a folder that is missing comes with the command that makes it") {
    CHECK(with_remedy({ENOENT, "open the folder /srv/shop/"}) ==
          "open the folder /srv/shop/: No such file or directory (make it: mkdir -p /srv/shop)");
    CHECK(
        with_remedy({ENOENT, "open the folder /run/php"}) ==
        "open the folder /run/php: No such file or directory (make it: mkdir -p /run/php; and to "
        "have it made at each boot, write RuntimeDirectory=php into the unit, or \"d /run/php 0755 "
        "root root\" into a file of /etc/tmpfiles.d)");
    CHECK(with_remedy({ENOENT, "find a key"}) == "find a key: No such file or directory");
}

TEST_CASE("where nothing can be advised it stands as it is") {
    CHECK(with_remedy({EINTR, "bind"}) == "bind: Interrupted system call");
    CHECK(with_remedy({0, "listen on x, which is not a socket"}) ==
          "listen on x, which is not a socket");
}
