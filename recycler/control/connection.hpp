// SPDX-License-Identifier: MIT
// One client of the server: its socket, what came in and is not a whole message yet, what is not
// sent yet, and the one call that is under way. Never blocks. Knows nothing of other clients, nor
// of what a call means.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/control/peer.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <optional>
#include <string>

namespace recycler::control {

// The call that a client waits for. Its next message is looked at once this one is answered, and
// the answer sent.
struct OpenCallOf {
    CallId id;
    Delivery delivery = Delivery::single;
};

class Connection {
  public:
    Connection(UniqueFd socket, Credentials credentials, std::size_t longest_message)
        : socket_(std::move(socket)), credentials_(std::move(credentials)),
          frames_(longest_message) {}

    // Open: both ways. Half: the client has said all it will say, and may still listen. Lost: of no
    // more use.
    enum class Line { open, half, lost };
    [[nodiscard]] Line line() const { return line_; }
    void lose() { line_ = Line::lost; }

    // One read(2) of what has come.
    void receive();
    // Sends as much as the client takes. True: something was taken, or there was nothing.
    bool flush();
    // To be sent by flush().
    void queue(std::string message);
    [[nodiscard]] std::size_t unsent() const { return unsent_.size() - sent_; }

    // The next message, if none is being answered and all answers are sent.
    std::optional<std::string> next_message();
    // A whole message waits to be taken. No more is read until it is: what a client sends ahead
    // stays in its socket.
    [[nodiscard]] bool has_message() const { return frames_.has_next(); }
    // Nothing to answer, nothing to send.
    [[nodiscard]] bool is_idle() const { return !call && unsent() == 0; }

    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] const Credentials& credentials() const { return credentials_; }

    std::optional<OpenCallOf> call;

  private:
    UniqueFd socket_;
    Credentials credentials_;
    Frames frames_;
    Line line_ = Line::open;
    std::string unsent_;
    std::size_t sent_ = 0; // of unsent_
};

} // namespace recycler::control
