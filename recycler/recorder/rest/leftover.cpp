// SPDX-License-Identifier: MIT
// What a worker left unread of a request that it has answered: the empty record that ends its
// input, or a body that it did not want.
#include "recycler/recorder/connections.hpp"
#include "recycler/recorder/next_calls.hpp"

#include <algorithm>
#include <cerrno>

namespace recycler::recorder {
namespace {

// What is thrown away in one go, so that nobody waits for one client's unwanted body.
constexpr int k_most_pieces = 32;

} // namespace

bool Connections::has_answered(int fd) const {
    return __atomic_load_n(&connections_[fd].in_flight, __ATOMIC_SEQ_CST) == 0;
}

bool Connections::is_between_requests(int fd) const {
    const request::RequestStream& client = connections_[fd].from_client;
    return client.all_sent && !client.records.lost && client.records.header_length == 0;
}

void Connections::begin_between_requests(int fd) {
    connections_[fd].from_client = {};
    connections_[fd].from_client.all_sent = true;
}

Connections::Leftover Connections::swallow(int fd) {
    request::RequestStream& client = connections_[fd].from_client;
    std::uint8_t bytes[4096];
    for (int piece = 0; piece < k_most_pieces; ++piece) {
        if (is_between_requests(fd)) {
            return Leftover::none;
        }
        const request::RecordStream& records = client.records;
        if (records.lost || client.all_sent) {
            return Leftover::foreign;
        }
        // Never a byte of the next request.
        const std::size_t wanted = records.header_length < sizeof records.header
                                       ? sizeof records.header - records.header_length
                                       : std::size_t{records.content_left} + records.padding_left;
        const ssize_t size =
            next_calls.recv(fd, bytes, std::min(wanted, sizeof bytes), MSG_DONTWAIT);
        if (size <= 0) {
            return size < 0 && errno == EAGAIN ? Leftover::to_come : Leftover::ended;
        }
        if (follow(client, bytes, static_cast<std::size_t>(size)) > 0) {
            return Leftover::foreign; // another request began inside the one before
        }
    }
    return is_between_requests(fd) ? Leftover::none : Leftover::to_come;
}

} // namespace recycler::recorder
