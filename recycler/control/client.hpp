// SPDX-License-Identifier: MIT
// The caller's end of the control socket: one blocking connection to one app's daemon. Turns
// everything that can go wrong into a kind, for the exit code, and a sentence, for the person.
// Knows nothing of terminals.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/model/failure.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace recycler::control {

class Frames;
enum class Delivery;

enum class Trouble {
    no_daemon,   // nothing answers for that app; the sentence names those that run
    permission,  // the daemon, or the socket, is not for this user
    refused,     // the daemon said no: no such slot, a reason, a wrong policy
    timed_out,   // the order stands, but is not done in time
    interrupted, // `interrupt` became readable while waiting
    broken,      // the connection was lost or does not speak the protocol
    silent,      // the daemon takes the connection, and answers neither this nor a ping
};
struct ClientError {
    Trouble trouble = Trouble::broken;
    std::string sentence;
    std::optional<std::string> unknown_slot{}; // the name that was refused, if it was one
};

// How long a daemon may say nothing. A call that takes its time, such as a drain, may take any time
// while the daemon answers a ping on another connection.
struct Patience {
    Duration silence = std::chrono::seconds(5); // then it is pinged, and after as long again
    unsigned pings = 6;                         // so many unanswered in a row: it does not answer
    Duration answer = std::chrono::minutes(1);  // to what is answered at once
};

// What a caller wants after an answer of several.
enum class Next { more, nothing };

class Client {
  public:
    using OnReply = std::function<Next(const Reply&)>;

    // Connects to `app`. `interrupt`: a descriptor (such as a signalfd) that ends every wait once
    // it is readable, or -1; it stays the caller's.
    static std::variant<Client, ClientError> connect(const std::string& app, int interrupt,
                                                     const Patience& patience = {});
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Asks, and waits for the answer.
    std::variant<Reply, ClientError> call(const Call& call);
    // Asks for as many answers as there are; `on_reply` gets each but the last, which is returned.
    // When it wants no more the connection is given up: Trouble::interrupted.
    std::variant<Reply, ClientError> stream(const Call& call, const OnReply& on_reply);

  private:
    using Clock = std::chrono::steady_clock;

    Client(UniqueFd socket, std::string app, int interrupt, const Patience& patience);
    std::variant<Reply, ClientError> ask(const Call& call, Delivery delivery,
                                         const OnReply& on_reply);
    std::variant<std::string, ClientError> receive();
    std::optional<ClientError> send(std::string_view message);
    std::optional<ClientError> wait(short events);
    [[nodiscard]] int next_ping() const;
    [[nodiscard]] std::optional<ClientError> overdue() const;
    void ping();

    UniqueFd socket_;
    std::string app_;
    int interrupt_ = -1;
    Patience patience_;
    UniqueFd ping_;                              // one that is not answered yet
    std::optional<Clock::time_point> answer_by_; // none: what was asked may take any time
    std::unique_ptr<Frames> frames_;
};

} // namespace recycler::control
