// SPDX-License-Identifier: MIT
// How messages of sock_diag(7) are made and read: what its questions share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <span>

namespace recycler::worker {

// A state of a socket, in a set of them.
constexpr std::uint32_t bit(unsigned state) {
    return 1U << state;
}

template <typename Request>
Request request_for(unsigned flags) {
    Request request;
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | flags);
    return request;
}

template <typename T>
bool read_at(std::span<const std::byte> bytes, std::size_t offset, T& into) {
    if (bytes.size() < offset + sizeof into) {
        return false;
    }
    std::memcpy(&into, bytes.data() + offset, sizeof into);
    return true;
}

} // namespace recycler::worker
