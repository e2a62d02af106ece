// SPDX-License-Identifier: MIT
// One app's daemon as a command talks to it: asks, shows, explains what went wrong, and finds the
// daemon again when its controller is replaced in the middle of a wait.
#pragma once

#include "recycler/control/client.hpp"
#include "recycler/ctl/commands.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::ctl {

using Answer = std::variant<control::Reply, control::ClientError>;

class Session {
  public:
    Session(control::Client client, std::string app, const Job& job)
        : client_(std::move(client)), app_(std::move(app)), job_(job) {}

    [[nodiscard]] const Job& job() const { return job_; }
    [[nodiscard]] const std::string& app() const { return app_; }
    [[nodiscard]] bool is_json() const { return job_.invocation.output == Output::json; }

    Answer call(const control::Call& call) { return client_.call(call); }
    Answer stream(const control::Call& call, const control::Client::OnReply& on_reply) {
        return client_.stream(call, on_reply);
    }
    // What status shows; also remembers the daemon, so that reconnect() sees it end.
    std::variant<control::Snapshot, control::ClientError>
    look(const std::vector<std::string>& slots);

    // The same for an order, which can be given also to a daemon that cannot be looked at: an error
    // only where it answers nothing.
    std::optional<control::ClientError> meet();

    // After the connection broke: waits until the daemon answers again. An error when it has ended,
    // does not come back in time, or the wait was interrupted.
    std::optional<control::ClientError> reconnect();

    // Prints an answer to stdout; the exit code.
    [[nodiscard]] int show(const control::Reply& reply) const;
    [[nodiscard]] std::string shown(const control::Reply& reply) const;
    // Says to stderr why `call` failed; the exit code.
    [[nodiscard]] int explain(const control::ClientError& error, const control::Call& call);

  private:
    [[nodiscard]] std::optional<control::ClientError> ended_or_interrupted() const;
    [[nodiscard]] std::string advice_for(const std::string& slot);

    control::Client client_;
    std::string app_;
    const Job& job_;
    UniqueFd keeper_; // its pidfd
    int reconnects_ = 0;
};

// Asks once and shows the answer; the exit code.
int ask(Session& session, const control::Call& call);

} // namespace recycler::ctl
