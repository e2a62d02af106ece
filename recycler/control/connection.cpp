// SPDX-License-Identifier: MIT
#include "recycler/control/connection.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace recycler::control {

namespace {
// What one turn of the loop takes from one client.
constexpr std::size_t k_chunk = std::size_t{16} << 10;
} // namespace

void Connection::receive() {
    char chunk[k_chunk];
    const ssize_t size = recv(socket_.get(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (size > 0) {
        if (!frames_.feed({chunk, static_cast<std::size_t>(size)})) {
            lose();
        }
    } else if (size == 0) {
        line_ = Line::half;
    } else if (errno != EAGAIN && errno != EINTR) {
        lose();
    }
}

bool Connection::flush() {
    if (unsent() == 0) {
        return true;
    }
    const ssize_t size =
        send(socket_.get(), unsent_.data() + sent_, unsent(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            lose();
        }
        return false;
    }
    sent_ += static_cast<std::size_t>(size);
    if (unsent() == 0) {
        unsent_ = {}; // gives the memory of a long answer back
        sent_ = 0;
    }
    return size > 0;
}

void Connection::queue(std::string message) {
    if (unsent() == 0) {
        unsent_ = std::move(message);
        sent_ = 0;
        return;
    }
    unsent_.erase(0, sent_);
    sent_ = 0;
    unsent_ += message;
}

std::optional<std::string> Connection::next_message() {
    if (!is_idle() || line_ == Line::lost) {
        return std::nullopt;
    }
    return frames_.next();
}

} // namespace recycler::control
