// SPDX-License-Identifier: MIT
// An address as a balancer's configuration or log spells it, read for what it is, so that two
// spellings of one address are equal; and whether a connection to one may reach a listener at
// another. Resolves no name and looks at no file: two paths are one only by their spelling, and
// because /var/run is /run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace recycler {

// In the order of the network. An IPv4 address that is written as IPv6 (::ffff:127.0.0.1) is IPv4.
using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;
// "*", or no host at all: each address of both families.
struct EveryHost {
    bool operator==(const EveryHost&) const = default;
};
// 127.0.0.1 and ::1.
struct LocalHost {
    bool operator==(const LocalHost&) const = default;
};
// Any other name, in lower case.
struct NamedHost {
    std::string name;
    bool operator==(const NamedHost&) const = default;
};
using Host = std::variant<Ipv4, Ipv6, EveryHost, LocalHost, NamedHost>;

struct HostPort {
    Host host;
    std::uint16_t port = 0;
    bool operator==(const HostPort&) const = default;
};
// Absolute, with one slash between its parts, without "." and ".."; /var/run is /run.
struct SocketPath {
    std::string path;
    bool operator==(const SocketPath&) const = default;
};
// In the abstract namespace, which no chroot divides.
struct AbstractName {
    std::string name;
    bool operator==(const AbstractName&) const = default;
};
using Endpoint = std::variant<HostPort, SocketPath, AbstractName>;

// "127.0.0.1:7000", "[::1]:7000", "::1:7000", "localhost:7000", "*:7000", ":7000",
// "/run/shop.sock", "unix:/run/shop.sock", "unix:///run/shop.sock", "unix@/run/shop.sock",
// "abns@shop", "unix:@shop", "@shop"; in front of it there may be "fastcgi://", "fcgi://",
// "tcp://", "tcp:", "ipv4@" or "ipv6@". Behind a path there may be ":" or "/".
// `root`: a chroot in which the paths are read; empty: none. Without one a relative path is
// nullopt. So is what has no port, a variable ("$port"), and what is no address at all.
std::optional<Endpoint> endpoint(std::string_view text, std::string_view root = {});

// Without port: "127.0.0.1", "[::1]", "::1", "*", "" or a name.
Host host_named(std::string_view text);

// Whether a connection to `target` may arrive at a listener that is bound at `listener`. The
// listener at :: takes IPv6 alone. A name other than localhost may stand for any address.
bool may_reach(const Endpoint& target, const Endpoint& listener);

// What `target` and each `listener` that it may reach have in common: the port, or the path's last
// part. To find candidates by.
std::string common_name(const Endpoint& endpoint);

} // namespace recycler
