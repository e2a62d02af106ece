// SPDX-License-Identifier: MIT
#include "recycler/base/endpoint.hpp"

#include <doctest/doctest.h>
#include <utility>

using recycler::AbstractName;
using recycler::common_name;
using recycler::Endpoint;
using recycler::endpoint;
using recycler::SocketPath;

namespace {

bool are_one(std::string_view one, std::string_view other) {
    const auto first = endpoint(one);
    return first && first == endpoint(other);
}

bool reaches(std::string_view target, std::string_view listener) {
    const auto to = endpoint(target);
    const auto at = endpoint(listener);
    REQUIRE(to);
    REQUIRE(at);
    return may_reach(*to, *at);
}

std::string path(std::string_view text, std::string_view root = {}) {
    const auto read = endpoint(text, root);
    const auto* const found = read ? std::get_if<SocketPath>(&*read) : nullptr;
    return found != nullptr ? found->path : "";
}

} // namespace

TEST_CASE("a path is one, however it is written") {
    for (const char* spelled :
         {"/run/shop/0.sock", "unix:/run/shop/0.sock", "unix:///run/shop/0.sock",
          "unix://run/shop/0.sock", "UNIX:/run/shop/0.sock", "unix@/run/shop/0.sock",
          "/var/run/shop/0.sock", "unix:/var//run/./shop/0.sock", "/run//shop/../shop/0.sock",
          "/run/shop/0.sock/", "fastcgi://unix:/run/shop/0.sock:"}) {
        CAPTURE(spelled);
        CHECK(path(spelled) == "/run/shop/0.sock");
    }
    CHECK(path("/var/lock/x") == "/run/lock/x");
    CHECK(path("/var/running/x") == "/var/running/x");
    CHECK(path("/srv/var/run/x") == "/srv/var/run/x");
    CHECK(path("/../../run/x") == "/run/x");
}

TEST_CASE("a chroot stands in front of a path, and no path leads out of it") {
    CHECK(path("unix@/run/0.sock", "/var/lib/haproxy") == "/var/lib/haproxy/run/0.sock");
    CHECK(path("unix@run/0.sock", "/var/lib/haproxy/") == "/var/lib/haproxy/run/0.sock");
    CHECK(path("/../../../run/0.sock", "/var/lib/haproxy") == "/var/lib/haproxy/run/0.sock");
    CHECK(path("/var/run/0.sock", "/var/lib/haproxy") == "/var/lib/haproxy/var/run/0.sock");
    CHECK(path("/run/0.sock", "/var/run/jail") == "/run/jail/run/0.sock");
    CHECK(endpoint("127.0.0.1:7000", "/jail") == endpoint("127.0.0.1:7000"));
    CHECK(endpoint("abns@shop", "/jail") == endpoint("@shop"));
}

TEST_CASE("abstract sockets have their names alone") {
    CHECK(are_one("abns@shop", "unix:@shop"));
    CHECK_FALSE(are_one("@shop", "@shop2"));
    CHECK_FALSE(reaches("@run/shop.sock", "/run/shop.sock"));
    CHECK(*endpoint("unix@@shop") == Endpoint(AbstractName{"shop"}));
}

TEST_CASE("an address of IPv6 is one, however it is written") {
    CHECK(are_one("[::1]:7000", "[0:0:0:0:0:0:0:1]:7000"));
    CHECK(are_one("[::1]:7000", "[0000::0001]:7000"));
    CHECK(are_one("[::1]:7000", "::1:7000"));
    CHECK(are_one("[FE80::A%eth0]:7000", "ipv6@[fe80:0::a]:7000"));
    CHECK(are_one("[::]:7000", "[0::0]:7000"));
    CHECK_FALSE(are_one("[1::]:7000", "[::1]:7000"));
    CHECK_FALSE(are_one("[::1]:7000", "[::1]:7001"));
}

TEST_CASE("an address of IPv4 is one, however it is written") {
    CHECK(are_one("127.0.0.1:7000", "127.1:7000"));
    CHECK(are_one("127.0.0.1:7000", "ipv4@127.0.0.1:7000"));
    CHECK(are_one("127.0.0.1:7000", "tcp:127.0.0.1:7000"));
    CHECK(are_one("127.0.0.1:7000", "fcgi://127.0.0.1:7000/srv/"));
    CHECK(are_one("127.0.0.1:7000", "[::ffff:127.0.0.1]:7000"));
    CHECK(are_one("127.0.0.1:7000", "[::ffff:7f00:1]:7000"));
    CHECK_FALSE(are_one("127.0.0.1:7000", "127.0.0.2:7000"));
    CHECK(are_one("LOCALHOST:7000", "localhost:7000"));
}

TEST_CASE("what is no fixed address is none") {
    for (const char* text : {"",
                             ":",
                             "7000",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:0",
                             "127.0.0.1:65536",
                             "127.0.0.1:+1",
                             "[::1]",
                             "$shop",
                             "127.0.0.1:$port",
                             "unix:/run/$app.sock",
                             "shop",
                             "unix:",
                             "unix:/",
                             "unix:run/shop.sock",
                             "@",
                             "a b:7000",
                             "fd@3",
                             "::1",
                             "[:7000",
                             "[1::2::3]:7000",
                             "[1:2]:7000",
                             "[1:2:3:4:5:6:7:8:9]:7000",
                             "[12345::]:7000"}) {
        CAPTURE(text);
        CHECK_FALSE(endpoint(text));
    }
}

TEST_CASE("a listener at all addresses takes those of its family") {
    CHECK(reaches("127.0.0.1:7000", "0.0.0.0:7000"));
    CHECK(reaches("192.0.2.1:7000", "0.0.0.0:7000"));
    CHECK_FALSE(reaches("127.0.0.1:7000", "[::]:7000"));
    CHECK_FALSE(reaches("[::ffff:127.0.0.1]:7000", "[::]:7000"));
    CHECK(reaches("[::1]:7000", "[::]:7000"));
    CHECK_FALSE(reaches("[::1]:7000", "0.0.0.0:7000"));
    CHECK(reaches("127.0.0.1:7000", "*:7000"));
    CHECK(reaches("[::1]:7000", ":7000"));
    CHECK_FALSE(reaches("127.0.0.1:7001", "0.0.0.0:7000"));
}

TEST_CASE("a connection to all addresses goes to the loopback") {
    CHECK(reaches("0.0.0.0:7000", "127.0.0.1:7000"));
    CHECK_FALSE(reaches("0.0.0.0:7000", "127.0.0.2:7000"));
    CHECK_FALSE(reaches("0.0.0.0:7000", "[::]:7000"));
    CHECK(reaches("[::]:7000", "[::1]:7000"));
    CHECK(reaches("*:7000", "127.0.0.2:7000"));
}

TEST_CASE("localhost is both loopbacks, another name may be any address") {
    for (const char* listener : {"127.0.0.1:7000", "[::1]:7000", "0.0.0.0:7000", "[::]:7000"}) {
        CAPTURE(listener);
        CHECK(reaches("localhost:7000", listener));
        CHECK(reaches("app.example:7000", listener));
    }
    CHECK_FALSE(reaches("localhost:7000", "127.0.0.2:7000"));
    CHECK_FALSE(reaches("localhost:7000", "192.0.2.1:7000"));
    CHECK(reaches("app.example:7000", "192.0.2.1:7000"));
    CHECK(reaches("127.0.0.1:7000", "localhost:7000"));
    CHECK_FALSE(reaches("192.0.2.1:7000", "localhost:7000"));
}

TEST_CASE("what reaches a listener has its common name") {
    for (const auto& [target, name] : {std::pair{"localhost:7000", "7000"},
                                       {"[::1]:7000", "7000"},
                                       {"@shop", "shop"},
                                       {"unix:/var/run/shop/0.sock/", "0.sock"}}) {
        CAPTURE(target);
        CHECK(common_name(*endpoint(target)) == name);
    }
}
