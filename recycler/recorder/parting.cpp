// SPDX-License-Identifier: MIT
// How a kept connection comes to its end between two requests.
#include "recycler/recorder/connections.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

// How much of what a worker left unread is looked at: the empty record that ends the input of a
// request without one, and the beginning of the next request.
constexpr std::size_t k_peeked = 512;

template <typename T>
T load(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_SEQ_CST);
}

} // namespace

bool Connections::part(int fd, Transport transport) {
    if (load(connections_[fd].in_flight) != 0) {
        return false;
    }
    Unread unread = peek(fd);
    if (unread.asks_again) {
        // The next request is here, and is served. This sends off what MSG_MORE held back.
        const int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // fails but on TCP
        return false;
    }
    if (transport == Transport::local && unread.all_sent) {
        // The client has the answer already and may ask again at any moment: from here on it
        // cannot, and what has come before that is served.
        (void)shutdown(fd, SHUT_RD);
        if (peek(fd).asks_again) {
            return false;
        }
    }
    // While the client has more to send, ending both ways would reset the connection, and the
    // answer with it. Fails where the client has gone.
    return shutdown(fd, unread.all_sent ? SHUT_RDWR : SHUT_WR) == 0;
}

Connections::Unread Connections::peek(int fd) const {
    request::RequestStream ahead = connections_[fd].from_client;
    std::uint8_t waiting[k_peeked];
    const ssize_t size = recv(fd, waiting, sizeof waiting, MSG_PEEK | MSG_DONTWAIT);
    const bool asks_again = size > 0 && follow(ahead, waiting, static_cast<std::size_t>(size)) > 0;
    return {.asks_again = asks_again, .all_sent = ahead.all_sent};
}

} // namespace recycler::recorder
