// The caller's end of the control socket: one blocking connection to one app's daemon. Turns
// everything that can go wrong into a kind, for the exit code, and a sentence, for the person.
// Knows nothing of terminals.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/control/calls.hpp"
#include "recycler/control/failure.hpp"

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
};
struct ClientError {
    Trouble trouble = Trouble::broken;
    std::string sentence;
    std::optional<std::string> unknown_slot{}; // the name that was refused, if it was one
};

// What a caller wants after an answer of several.
enum class Next { more, nothing };

class Client {
  public:
    using OnReply = std::function<Next(const Reply&)>;

    // Connects to `app`. `interrupt`: a descriptor (such as a signalfd) that ends every wait once
    // it is readable, or -1; it stays the caller's.
    static std::variant<Client, ClientError> connect(const std::string& app, int interrupt);
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Asks, and waits for the answer.
    std::variant<Reply, ClientError> call(const Call& call);
    // Asks for as many answers as there are; `on_reply` gets each but the last, which is returned.
    // When it wants no more the connection is given up: Trouble::interrupted.
    std::variant<Reply, ClientError> stream(const Call& call, const OnReply& on_reply);

  private:
    Client(UniqueFd socket, std::string app, int interrupt);
    std::variant<Reply, ClientError> ask(const Call& call, Delivery delivery,
                                         const OnReply& on_reply);
    std::variant<std::string, ClientError> receive();
    std::optional<ClientError> send(std::string_view message);
    std::optional<ClientError> wait(short events);

    UniqueFd socket_;
    std::string app_;
    int interrupt_ = -1;
    std::unique_ptr<Frames> frames_;
};

} // namespace recycler::control
