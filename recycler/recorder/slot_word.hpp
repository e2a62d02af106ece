// SPDX-License-Identifier: MIT
// How recorder and controller name a slot to each other in one word of the recorder page. Part of
// the layout. Must not make system calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace recycler::recorder {

union SocketName {
    sockaddr any;
    sockaddr_in ip4;
    sockaddr_in6 ip6;
    sockaddr_un local;
};

// Of the name that a listener is bound to, or a connection has from it: the hash (FNV-1a) of a unix
// socket's path, or the port, which a listener on all addresses shares with what it accepts. Never
// 0. Two slots may have one word: then one gets connections of the other, and serves them.
inline std::uint32_t slot_word(const SocketName& name, std::size_t size) {
    constexpr std::uint32_t k_begin = 2166136261U;
    constexpr std::uint32_t k_prime = 16777619U;
    if (name.any.sa_family == AF_INET || name.any.sa_family == AF_INET6) {
        return std::uint32_t{1} << 16 | name.ip4.sin_port; // at the same place in both
    }
    std::uint32_t hash = k_begin;
    for (std::size_t i = offsetof(sockaddr_un, sun_path); i < size; ++i) {
        const auto byte =
            static_cast<unsigned char>(name.local.sun_path[i - offsetof(sockaddr_un, sun_path)]);
        hash = (hash ^ byte) * k_prime;
    }
    return hash == 0 ? 1 : hash;
}

} // namespace recycler::recorder
