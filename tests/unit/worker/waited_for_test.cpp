// SPDX-License-Identifier: MIT
#include "recycler/worker/look/waited_for.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::worker;

TEST_CASE("a connection came in at the slot's address if its own end is there") {
    const policies::Address tcp = policies::TcpAddress{"127.0.0.1", 7001};
    CHECK(came_in_at(tcp, "127.0.0.1:7001"));
    CHECK_FALSE(came_in_at(tcp, "127.0.0.1:17001"));
    CHECK_FALSE(came_in_at(tcp, "127.0.0.1:59556"));
    CHECK_FALSE(came_in_at(tcp, ""));
    CHECK(came_in_at(policies::TcpAddress{"0.0.0.0", 7001}, "192.0.2.1:7001"));
    CHECK(came_in_at(policies::TcpAddress{"::", 7001}, "[2001:db8:0:0:0:0:0:1]:7001"));
    const policies::Address file = policies::UnixAddress{"/run/shop/0.sock"};
    CHECK(came_in_at(file, "/run/shop/0.sock"));
    CHECK(came_in_at(file, "/run/shop/0.sock.12"));
    CHECK_FALSE(came_in_at(file, "/run/shop/0.sock.d/1"));
    CHECK_FALSE(came_in_at(file, "/run/mysqld.sock"));
    CHECK_FALSE(came_in_at(file, ""));
}

TEST_CASE("the file of a unix socket is found by its inode") {
    const std::string_view table =
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 2001 /run/shop/0.sock\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 12002\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 2002 /run/shop/0.sock\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 2003 @/tmp/x\n";
    CHECK(unix_name_in(table, 2002) == "/run/shop/0.sock");
    CHECK(unix_name_in(table, 12002).empty());
    CHECK(unix_name_in(table, 2003) == "@/tmp/x");
    CHECK(unix_name_in(table, 200).empty());
    CHECK(unix_name_in("", 1).empty());
}
