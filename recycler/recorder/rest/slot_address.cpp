// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/slot_address.hpp"

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

union Address {
    sockaddr any;
    sockaddr_in ip4;
    sockaddr_in6 ip6;
};

bool read_own(int fd, Address& address) {
    socklen_t size = sizeof address;
    return getsockname(fd, &address.any, &size) == 0;
}

bool is_same(const Address& connection, const Address& listener) {
    const auto& host = listener.ip4.sin_addr;
    return connection.ip4.sin_port == listener.ip4.sin_port &&
           (host.s_addr == htonl(INADDR_ANY) || connection.ip4.sin_addr.s_addr == host.s_addr);
}

bool is_same_ip6(const Address& connection, const Address& listener) {
    const auto& host = listener.ip6.sin6_addr;
    return connection.ip6.sin6_port == listener.ip6.sin6_port &&
           (IN6_IS_ADDR_UNSPECIFIED(&host) ||
            std::memcmp(&connection.ip6.sin6_addr, &host, sizeof host) == 0);
}

} // namespace

bool is_made_to(int connection, int listener) {
    Address own{};
    Address bound{};
    if (!read_own(connection, own) || !read_own(listener, bound)) {
        return true;
    }
    if (own.any.sa_family != bound.any.sa_family) {
        return false;
    }
    return bound.any.sa_family == AF_INET6 ? is_same_ip6(own, bound) : is_same(own, bound);
}

} // namespace recycler::recorder
