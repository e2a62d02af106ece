// SPDX-License-Identifier: MIT
// The daemon's end of the control socket: accepts clients, checks who they are, hands their calls
// to `Calls` and carries the answers back, whenever they come. No client can block it or make it
// grow without bound: every queue has a limit and the price is the connection. Nor can those who
// may only read make it late: they get what time is left, and a tenth of it at most. Knows nothing
// of slots or workers.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/control/dispatch.hpp"
#include "recycler/control/model/failure.hpp"
#include "systemd/event_loop.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace recycler::control {

// Who may change things: root, the user we run as (who could kill us anyway) and members of
// `group`. The `reader` (the app's user) may ask Status, Why, Events and
// Blame. Everybody else is refused.
struct Rights {
    std::optional<gid_t> group;
    std::optional<uid_t> reader;
};

// Who is behind a call, as the kernel says.
struct Peer {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};

// Beyond each of these the connection is closed. Connections, and what is unsent over all of them,
// are counted apart for those who may change things, the reader, and strangers, so that nobody can
// shut out those above. A message is what a client sends; `silence` bounds how long we wait for the
// rest of a message, for the next call, or for a client to read.
struct Limits {
    std::size_t changers = 64;
    std::size_t readers = 32;
    std::size_t strangers = 8;
    std::size_t message = std::size_t{64} << 10;
    std::size_t unsent = std::size_t{8} << 20;      // of a stream, per client
    std::size_t unsent_all = std::size_t{64} << 20; // over all of one role
    std::chrono::seconds silence{60};
};

class Server {
  public:
    struct Setup {
        UniqueFd listener; // unix stream socket, listening
        Rights rights;
        Calls calls;
        Limits limits = {};
    };
    // The loop must outlive the server.
    static Result<Server> create(systemd::EventLoop& loop, Setup setup);
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;
    ~Server();

    // The last answer. For a call that was cancelled or answered, these do nothing.
    void reply(CallId call, const Reply& reply);
    // The same, put into words before: encode_reply() of varlink.hpp.
    void reply_encoded(CallId call, std::string message);
    void fail(CallId call, const Failure& failure);
    // One answer of several; dropped when the client asked for a single one.
    void reply_more(CallId call, const Reply& reply);
    // Whether that would reach anybody.
    [[nodiscard]] bool wants_more(CallId call) const;
    // Neither answered nor cancelled.
    [[nodiscard]] bool is_open(CallId call) const;
    // Nullopt once the call was answered or cancelled.
    [[nodiscard]] std::optional<Peer> peer(CallId call) const;
    // After a reload. Holds for the next call of each client, connected or not.
    void set_rights(const Rights& rights);

  private:
    class Connections;
    explicit Server(std::unique_ptr<Connections> connections);
    std::unique_ptr<Connections> connections_;
};

} // namespace recycler::control
