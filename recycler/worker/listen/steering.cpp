// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/steering.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <span>
#include <sys/socket.h>

namespace recycler::worker {
namespace {

constexpr std::uint16_t op(unsigned code) {
    return static_cast<std::uint16_t>(code);
}

Result<void> attach(int listener, std::span<sock_filter> program) {
    const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &whole, sizeof whole) != 0) {
        return Error{errno, "attach a steering program (SO_ATTACH_REUSEPORT_CBPF)"};
    }
    return {};
}

Result<int> family_of(int socket) {
    int family = 0;
    socklen_t size = sizeof family;
    if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
        return Error{errno, "get SO_DOMAIN"};
    }
    return family;
}

// The kernel hands the program the packet from behind its TCP header on; the headers are reached
// from SKF_NET_OFF.
constexpr auto k_network_header = static_cast<std::uint32_t>(SKF_NET_OFF);
constexpr std::uint32_t k_ipv6_header_size = 40;

} // namespace

Result<void> steer_all(int listener, std::uint32_t index) {
    std::array<sock_filter, 1> program{{{op(BPF_RET | BPF_K), 0, 0, index}}};
    return attach(listener, program);
}

Result<void> steer_source_port(int listener, const SourcePortRule& rule) {
    const auto family = family_of(listener);
    if (!family) {
        return family.error();
    }
    const sock_filter match{op(BPF_JMP | BPF_JEQ | BPF_K), 0, 1, rule.source_port};
    const sock_filter to_probed{op(BPF_RET | BPF_K), 0, 0, rule.from_it};
    const sock_filter to_others{op(BPF_RET | BPF_K), 0, 0, rule.otherwise};
    if (*family == AF_INET6) {
        // An extension header before TCP would be misread; a connection on loopback has none.
        const sock_filter source{op(BPF_LD | BPF_H | BPF_ABS), 0, 0,
                                 k_network_header + k_ipv6_header_size};
        std::array<sock_filter, 4> program{source, match, to_probed, to_others};
        return attach(listener, program);
    }
    const sock_filter header_size{op(BPF_LDX | BPF_B | BPF_MSH), 0, 0, k_network_header};
    const sock_filter source{op(BPF_LD | BPF_H | BPF_IND), 0, 0, k_network_header};
    std::array<sock_filter, 5> program{header_size, source, match, to_probed, to_others};
    return attach(listener, program);
}

} // namespace recycler::worker
