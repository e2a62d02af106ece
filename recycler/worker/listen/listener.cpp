// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/listener.hpp"

#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/holder.hpp"
#include "recycler/worker/listen/unix_listener.hpp"
#include "recycler/worker/listen/unix_names.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace recycler::worker {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
    [[nodiscard]] int family() const { return storage.ss_family; }
};

template <typename Address>
SocketAddress packed(const Address& address) {
    SocketAddress result;
    std::memcpy(&result.storage, &address, sizeof address);
    result.size = sizeof address;
    return result;
}

Result<SocketAddress> tcp_address(const policies::TcpAddress& address) {
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        return packed(v4);
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        return packed(v6);
    }
    return Error{0, "'" + address.host + "' is not a numeric IPv4 or IPv6 address"};
}

Result<void> set_option(int socket, int level, int option, int value) {
    if (::setsockopt(socket, level, option, &value, sizeof value) != 0) {
        return Error{errno, "set socket option " + std::to_string(option)};
    }
    return {};
}

// Where in the life of a TCP listener SO_REUSEPORT is set, and whether it is shown: the whole
// difference between the three.
enum class Role { first, joined, hidden };

Result<void> bind_and_listen(int socket, const SocketAddress& address, Role role,
                             const ListenSpec& spec) {
    if (auto set = set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1); !set) {
        return set;
    }
    if (address.family() == AF_INET6) {
        if (auto set = set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1); !set) {
            return set;
        }
    }
    if (role != Role::first) {
        if (auto set = set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1); !set) {
            return set;
        }
    }
    if (::bind(socket, address.get(), address.size) != 0) {
        return Error{errno, "bind"};
    }
    if (role == Role::first) {
        if (auto set = set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1); !set) {
            return set;
        }
    }
    if (role == Role::hidden) {
        // After bind(): with the index set, binding an IPv6 address other than :: fails with ENODEV
        // (6.18).
        const int index = hidden_from_birth(spec.serial);
        if (auto set = set_option(socket, SOL_SOCKET, SO_BINDTOIFINDEX, index); !set) {
            return set;
        }
    }
    if (::listen(socket, spec.backlog) != 0) {
        return Error{errno, "listen"};
    }
    return {};
}

Result<UniqueFd> open_tcp(const ListenSpec& spec, Role role) {
    const auto& tcp = std::get<policies::TcpAddress>(spec.address);
    const auto address = tcp_address(tcp);
    if (!address) {
        return address.error();
    }
    UniqueFd socket(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return Error{errno, "open a socket for " + to_string(spec.address)};
    }
    if (auto done = bind_and_listen(socket.get(), *address, role, spec); !done) {
        std::string where = "listen on " + to_string(spec.address);
        if (done.error().code == EADDRINUSE) {
            where += " (" + who_uses_port(address->family(), tcp.port) + ")";
            return Error{EADDRINUSE, std::move(where)};
        }
        return std::move(done).error().within(where);
    }
    return socket;
}

bool is_unix(const ListenSpec& spec) {
    return std::holds_alternative<policies::UnixAddress>(spec.address);
}

} // namespace

Result<UniqueFd> open_first(const ListenSpec& spec) {
    return is_unix(spec) ? open_first_unix(spec) : open_tcp(spec, Role::first);
}

Result<UniqueFd> open_joined(const ListenSpec& spec) {
    return is_unix(spec) ? open_unix(spec) : open_tcp(spec, Role::joined);
}

Result<UniqueFd> open_hidden(const ListenSpec& spec) {
    return is_unix(spec) ? open_unix(spec) : open_tcp(spec, Role::hidden);
}

Result<void> update(const ListenSpec& spec, int listener) {
    if (::listen(listener, spec.backlog) != 0) { // again: only the backlog is new
        return Error{errno, "set the backlog of " + to_string(spec.address)};
    }
    const auto* local = std::get_if<policies::UnixAddress>(&spec.address);
    if (local == nullptr) {
        return {};
    }
    const auto names = UnixNames::of(local->path, listener);
    return names ? names->give(spec) : Result<void>(names.error());
}

Result<std::uint32_t> queue_length(int listener, SocketDiag& diag) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        return info.tcpi_unacked;
    }
    if (errno != EOPNOTSUPP && errno != ENOPROTOOPT) {
        return Error{errno, "read TCP_INFO of a listener"};
    }
    pollfd waiting{listener, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, 0);
    if (ready <= 0) {
        return ready == 0 ? Result<std::uint32_t>(0) : Result<std::uint32_t>(Error{errno, "poll"});
    }
    const auto inode = inode_of(listener);
    return inode ? diag.unix_queue(*inode) : Result<std::uint32_t>(inode.error());
}

Result<void> remove_names(const policies::Address& address, int listener) {
    const auto* local = std::get_if<policies::UnixAddress>(&address);
    if (local == nullptr) {
        return {};
    }
    const auto names = UnixNames::of(local->path, listener);
    return names ? names->remove() : Result<void>(names.error());
}

void remove_stale_names(const policies::Address& address) {
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        remove_stale_unix(local->path);
    }
}

Result<BoundName> bound_name(int socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
        return Error{errno, "ask where a socket is bound"};
    }
    BoundName name;
    name.family = storage.ss_family;
    if (name.family == AF_UNIX) {
        const auto* local = reinterpret_cast<const sockaddr_un*>(&storage);
        const std::size_t room = size - offsetof(sockaddr_un, sun_path);
        name.path.assign(local->sun_path, ::strnlen(local->sun_path, room));
    } else if (name.family == AF_INET6) {
        const auto* local = reinterpret_cast<const sockaddr_in6*>(&storage);
        name.port = ntohs(local->sin6_port);
        std::memcpy(name.host.data(), &local->sin6_addr, sizeof local->sin6_addr);
    } else {
        const auto* local = reinterpret_cast<const sockaddr_in*>(&storage);
        name.port = ntohs(local->sin_port);
        name.host[0] = local->sin_addr.s_addr;
    }
    return name;
}

} // namespace recycler::worker
