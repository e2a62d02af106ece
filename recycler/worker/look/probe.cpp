// SPDX-License-Identifier: MIT
#include "recycler/worker/look/probe.hpp"

#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/listen/steering.hpp"
#include "recycler/worker/listen/unix_names.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <sys/un.h>

namespace recycler::worker {
namespace {

// Where a socket is bound, as the kernel writes it.
struct SocketName {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

Result<SocketName> name_of(int socket) {
    SocketName name;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&name.storage), &name.size) != 0) {
        return Error{errno, "learn where a listener is bound"};
    }
    return name;
}

// Takes a source port of the kernel's choice, and has the group send what comes from it, and
// nothing else, to the listener that joined it last.
Result<void> steer_here(int socket, int listener, sa_family_t family) {
    SocketName local;
    local.storage.ss_family = family; // any address, any port
    if (::bind(socket, local.get(), local.size) != 0) {
        return Error{errno, "take a source port for a probe"};
    }
    const auto bound = bound_name(socket);
    if (!bound) {
        return bound.error();
    }
    return steer_source_port(listener, {.source_port = bound->port, .from_it = 1, .otherwise = 0});
}

// What stands at its name may be another's by now, to whom root has nothing to say.
Result<UniqueFd> connected_to_own_file(UniqueFd socket, int listener) {
    const auto bound = bound_name(listener);
    const auto names = bound ? UnixNames::of(bound->path, listener) : bound.error();
    const auto own = names ? names->held_own() : names.error();
    if (!own) {
        return own.error();
    }
    const sockaddr_un address = address_of_held(own->get());
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error{errno, "connect a probe"};
    }
    return socket;
}

} // namespace

Result<Probe> Probe::begin(int listener) {
    const auto name = name_of(listener);
    if (!name) {
        return name.error();
    }
    const sa_family_t family = name->storage.ss_family;
    UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
        return Error{errno, "open a socket for a probe"};
    }
    if (family == AF_UNIX) {
        auto connected = connected_to_own_file(std::move(socket), listener);
        return connected ? Result<Probe>(Probe(std::move(*connected)))
                         : Result<Probe>(std::move(connected).error());
    }
    if (auto steered = steer_here(socket.get(), listener, family); !steered) {
        return std::move(steered).error();
    }
    // To an address of this host: what can be said is said at once, but for a full queue.
    if (::connect(socket.get(), name->get(), name->size) != 0 && errno != EINPROGRESS) {
        return Error{errno, "connect a probe"};
    }
    return Probe(std::move(socket));
}

Probe::Seen Probe::look() {
    if (!asked_) {
        const auto record = request::get_values_record();
        const ssize_t sent = ::send(socket_.get(), record.data(), record.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == ENOTCONN ? Seen::waiting : Seen::refused;
        }
        asked_ = true; // it fits into any socket's buffer
    }
    const ssize_t got =
        ::recv(socket_.get(), answer_.data() + received_, answer_.size() - received_, 0);
    if (got <= 0) {
        return got < 0 && errno == EAGAIN ? Seen::waiting : Seen::refused;
    }
    received_ += static_cast<std::size_t>(got);
    switch (request::judge_probe_answer(std::span(answer_).first(received_))) {
    case request::ProbeAnswer::incomplete:
        return Seen::waiting;
    case request::ProbeAnswer::fastcgi:
        return Seen::answered;
    case request::ProbeAnswer::other:
        break;
    }
    return Seen::refused;
}

} // namespace recycler::worker
