// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/tcp_ends.hpp"

#include <doctest/doctest.h>

using namespace recycler::worker;

namespace {

// Of Linux 6.1, little endian.
constexpr const char* k_table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     \n"
    "   0: 0100007F:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 "
    "4711 1 0000000000000000 100 0 0 10 0                      \n"
    "   1: 0100007F:A122 0100007F:1538 01 00000000:00000000 00:00000000 00000000    33        0 "
    "4712 1 0000000000000000 20 4 30 10 -1                     \n";
constexpr const char* k_table_6 =
    "   0: 00000000000000000000000001000000:C001 B80D01200000000000000000010000FE:01BB 01 "
    "00000000:00000000 00:00000000 00000000    33        0 99 1 0000000000000000\n"
    "   1: 0000000000000000FFFF00000100007F:C001 0000000000000000FFFF00000200007F:01BB 01 "
    "00000000:00000000 00:00000000 00000000    33        0 98 1 0000000000000000\n";

} // namespace

TEST_CASE("the ends of a connection are found by its inode, and a listener has one") {
    CHECK(tcp_ends_in(k_table, 4712) == TcpEnds{"127.0.0.1:41250", "127.0.0.1:5432"});
    CHECK(tcp_ends_in(k_table, 4711) == TcpEnds{"127.0.0.1:7000", ""});
    CHECK_FALSE(tcp_ends_in(k_table, 4713));
    CHECK_FALSE(tcp_ends_in("", 0));
}

TEST_CASE("addresses of IPv6 are told, and IPv4 inside of them as IPv4") {
    CHECK(tcp_ends_in(k_table_6, 99) == TcpEnds{"[::1]:49153", "[2001:db8:0:0:0:0:fe00:1]:443"});
    CHECK(tcp_ends_in(k_table_6, 98) == TcpEnds{"127.0.0.1:49153", "127.0.0.2:443"});
}

TEST_CASE("a line that is no line of the kernel's is no connection") {
    CHECK_FALSE(tcp_ends_in("0: 0100007F 0100007F:1538 01 0:0 0:0 0 33 0 5 1", 5));
    CHECK_FALSE(tcp_ends_in("0: 0100007G:1B58 0100007F:1538 01 0:0 0:0 0 33 0 5 1", 5));
    CHECK_FALSE(tcp_ends_in("0: 0100007F:1B588 0100007F:1538 01 0:0 0:0 0 33 0 5 1", 5));
}
