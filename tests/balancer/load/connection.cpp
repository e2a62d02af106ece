// SPDX-License-Identifier: MIT
#include "tests/balancer/load/connection.hpp"

#include <array>
#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace recycler::load {

Result<Server> resolve(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0) {
        return Error{0, "address " + host + ": " + ::gai_strerror(error)};
    }
    Server server;
    server.length = found->ai_addrlen;
    std::memcpy(&server.address, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    return server;
}

// Between two answers a server may close a keep-alive connection; nothing was asked on it, so
// nothing is lost.
bool Connection::closed_meanwhile() const {
    char byte = 0;
    const auto got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

Outcome Connection::begin(Request request) {
    request_ = std::move(request);
    sent_ = 0;
    answer_ = Answer{};
    if (socket_ && !closed_meanwhile()) {
        return send_rest();
    }
    return open();
}

Outcome Connection::open() {
    socket_.reset(
        ::socket(server_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) {
        return give_up("no socket");
    }
    ++times_opened_;
    const int on = 1;
    (void)::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // speed only
    const auto* address = reinterpret_cast<const sockaddr*>(&server_.address);
    if (::connect(socket_.get(), address, server_.length) == 0) {
        return send_rest();
    }
    return errno == EINPROGRESS ? Outcome{Pending{}} : give_up("connect failed");
}

Outcome Connection::advance() {
    return sending() ? send_rest() : receive();
}

Outcome Connection::send_rest() {
    while (sending()) {
        const auto wrote = ::send(socket_.get(), request_.bytes.data() + sent_,
                                  request_.bytes.size() - sent_, MSG_NOSIGNAL);
        if (wrote < 0) {
            return errno == EAGAIN ? Outcome{Pending{}}
                                   : give_up(sent_ == 0 ? "connect or send failed" : "send failed");
        }
        sent_ += static_cast<std::size_t>(wrote);
    }
    return Pending{};
}

Outcome Connection::receive() {
    std::array<char, 65536> buffer;
    const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
        return errno == EAGAIN ? Outcome{Pending{}} : give_up("reset");
    }
    if (got == 0) {
        return give_up(answer_.empty() ? "closed without an answer" : "closed within an answer");
    }
    switch (answer_.take({buffer.data(), static_cast<std::size_t>(got)})) {
    case Answer::Progress::more:
        return Pending{};
    case Answer::Progress::malformed:
        return give_up("malformed answer");
    case Answer::Progress::complete:
        break;
    }
    if (answer_.closes_connection()) {
        socket_.reset();
    }
    return Answered{fault_of(answer_, request_)};
}

Outcome Connection::give_up(const char* fault) {
    socket_.reset();
    return Missing{fault};
}

} // namespace recycler::load
