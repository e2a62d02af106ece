// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/slot_address.hpp"

#include "recycler/recorder/slot_word.hpp"

#include <cstring>

namespace recycler::recorder {
namespace {

// Its size; 0: it cannot be read.
std::size_t read_own(int fd, SocketName& name) {
    socklen_t size = sizeof name;
    return getsockname(fd, &name.any, &size) == 0 && size <= sizeof name ? size : 0;
}

bool is_same(const SocketName& connection, const SocketName& listener) {
    const auto& host = listener.ip4.sin_addr;
    return connection.ip4.sin_port == listener.ip4.sin_port &&
           (host.s_addr == htonl(INADDR_ANY) || connection.ip4.sin_addr.s_addr == host.s_addr);
}

bool is_same_ip6(const SocketName& connection, const SocketName& listener) {
    const auto& host = listener.ip6.sin6_addr;
    return connection.ip6.sin6_port == listener.ip6.sin6_port &&
           (IN6_IS_ADDR_UNSPECIFIED(&host) ||
            std::memcmp(&connection.ip6.sin6_addr, &host, sizeof host) == 0);
}

} // namespace

std::uint32_t foreign_slot(int connection, int listener) {
    SocketName own{};
    SocketName bound{};
    const std::size_t own_size = read_own(connection, own);
    const std::size_t bound_size = read_own(listener, bound);
    if (own_size == 0 || bound_size == 0) {
        return 0;
    }
    const auto family = own.any.sa_family;
    const bool is_made_to =
        family == bound.any.sa_family &&
        (family == AF_INET    ? is_same(own, bound)
         : family == AF_INET6 ? is_same_ip6(own, bound)
                              : own_size == bound_size && std::memcmp(&own, &bound, own_size) == 0);
    return is_made_to ? 0 : slot_word(own, own_size);
}

} // namespace recycler::recorder
