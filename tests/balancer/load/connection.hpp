// SPDX-License-Identifier: MIT
// One keep-alive connection with at most one request on it. Sends, reads, says how it went; never
// sends a request again.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "tests/balancer/load/answer.hpp"

#include <optional>
#include <string>
#include <sys/socket.h>
#include <variant>

namespace recycler::load {

// How a request ended.
struct Answered {
    std::optional<std::string> fault; // none: the right answer
};
struct Missing {
    std::string fault;
};
struct Pending {};
using Outcome = std::variant<Pending, Answered, Missing>;

// Where the server listens; numeric addresses only.
struct Server {
    sockaddr_storage address{};
    socklen_t length = 0;
};
Result<Server> resolve(const std::string& host, std::uint16_t port);

class Connection {
  public:
    // Not open yet: the first request opens it.
    explicit Connection(const Server& server) : server_(server) {}

    // Begins `request`, on a new socket where the old one was closed between two answers.
    Outcome begin(Request request);
    // Call when the socket is readable or writable.
    Outcome advance();
    // Gives the request up: the socket is closed, so that a late answer cannot be taken for the
    // next one's.
    void abandon() { socket_.reset(); }

    // The one that is on its way, or was last.
    [[nodiscard]] const Request& request() const { return request_; }
    [[nodiscard]] int fd() const { return socket_.get(); }
    // How many sockets it has had: a new one may get the old one's number.
    [[nodiscard]] std::uint32_t times_opened() const { return times_opened_; }
    [[nodiscard]] bool sending() const { return sent_ < request_.bytes.size(); }

  private:
    [[nodiscard]] bool closed_meanwhile() const;
    Outcome open();
    Outcome send_rest();
    Outcome receive();
    Outcome give_up(const char* fault);

    const Server& server_;
    UniqueFd socket_;
    std::uint32_t times_opened_ = 0;
    Request request_;
    std::size_t sent_ = 0;
    Answer answer_;
};

} // namespace recycler::load
