// SPDX-License-Identifier: MIT
// Who is let in: accepting clients, up to the limit of their role.
#include "recycler/control/connections.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace recycler::control {

namespace {

// When accept(2) fails for want of descriptors or memory, the listener would be reported again and
// again.
constexpr std::chrono::seconds k_accept_pause{1};

bool is_exhaustion(int code) {
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

std::size_t limit_for(const Limits& limits, Role role) {
    switch (role) {
    case Role::changer:
        return limits.changers;
    case Role::reader:
        return limits.readers;
    case Role::stranger:
        return limits.strangers;
    }
    return 0;
}

} // namespace

void Server::Connections::keep_a_spare() {
    if (!spare_) {
        spare_.reset(::open("/dev/null", O_PATH | O_CLOEXEC));
    }
}

// Where no descriptor is left one client after another is let in all the same: somebody has to ask
// what is wrong.
UniqueFd Server::Connections::accept_one() {
    const auto accepted = [this] {
        return UniqueFd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    };
    UniqueFd socket = accepted();
    if (!socket && errno == EMFILE && spare_) {
        spare_.reset();
        socket = accepted();
    }
    return socket;
}

// One client a turn: whoever floods the socket takes turns with all the rest.
void Server::Connections::accept_clients() {
    keep_a_spare();
    UniqueFd socket = accept_one();
    if (socket) {
        admit(std::move(socket));
    } else if (is_exhaustion(errno)) {
        accepting_.pause();
        accept_again_.arm(loop_.now() + k_accept_pause);
    }
    // Else the client has gone before it was accepted.
}

void Server::Connections::admit(UniqueFd socket) {
    Result<Credentials> credentials = read_credentials(socket.get());
    if (!credentials) {
        return; // it has gone
    }
    const Role role = role_of(*credentials, rights_, geteuid());
    Account& account = accounts_[static_cast<std::size_t>(role)];
    if (account.clients >= limit_for(limits_, role)) {
        remove_departed();
    }
    if (account.clients >= limit_for(limits_, role)) {
        const std::string message = encode_failure(
            Refused{"too many connections to this app's daemon: close some, then try again"});
        // It fits into an empty socket buffer, or the client is past caring.
        (void)send(socket.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    const Id id = next_client_++;
    const auto [place, fresh] = clients_.try_emplace(
        id,
        Client{
            Connection(std::move(socket), *std::move(credentials), limits_.message), role, {}, {}});
    assert(fresh);
    if (!watch(id, place->second)) {
        clients_.erase(place); // no memory to serve it
        return;
    }
    ++account.clients;
}

// Those whose going is not reported yet must not keep others out.
void Server::Connections::remove_departed() {
    std::vector<pollfd> fds;
    std::vector<Id> ids;
    for (const auto& [id, client] : clients_) {
        fds.push_back({client.connection.fd(), 0, 0});
        ids.push_back(id);
    }
    if (poll(fds.data(), fds.size(), 0) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
        if ((fds[i].revents & POLLHUP) != 0) {
            on_io(ids[i], EPOLLHUP);
        }
    }
}

Result<void> Server::Connections::watch(Id id, Client& client) {
    auto io = loop_.add_io(
        client.connection.fd(), EPOLLIN, [this, id](std::uint32_t events) { on_io(id, events); },
        client.counted_as == Role::changer ? systemd::Priority::normal : systemd::Priority::last);
    if (!io) {
        return std::move(io).error();
    }
    auto silence = loop_.add_timer([this, id] {
        clients_.at(id).connection.lose();
        touch(id);
    });
    if (!silence) {
        return std::move(silence).error();
    }
    client.io = *std::move(io);
    client.silence = *std::move(silence);
    client.silence.arm(loop_.now() + limits_.silence);
    return {};
}

} // namespace recycler::control
