// SPDX-License-Identifier: MIT
#include "recycler/control/client.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/control/overloaded.hpp"
#include "recycler/control/reach.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace recycler::control {

namespace {

// The longest answer taken: a snapshot of thousands of slots.
constexpr std::size_t k_longest_answer = std::size_t{64} << 20;

ClientError no_daemon(const std::string& app) {
    const std::vector<std::string> running = listening_apps();
    return {Trouble::no_daemon,
            "no app \"" + app + "\" runs here" +
                (running.empty() ? "; no app runs (recyclerctl looked in " + runtime_folder() + ")"
                                 : "; these apps run: " + text::joined(running, ", "))};
}

ClientError silent(const std::string& app, Duration how_long) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(how_long).count();
    return {Trouble::silent,
            "the daemon of \"" + app + "\" does not answer: it has sent nothing for " +
                std::to_string(seconds) +
                " s, not even on a second connection. Its controller is stopped or hangs; the "
                "workers go on serving. recyclerd replaces a controller that hangs, unless "
                "RECYCLER_WATCHDOG=0: look into its log, and at its processes with: ps -o "
                "pid,stat,etime,args -C recyclerd,recycler-contro"};
}

// Calls that are answered when something has happened, and not at once.
bool takes_its_time(const Call& call) {
    return std::visit(
        Overloaded{
            [](const DrainCall& drain) { return drain.wait == Wait::until_done; },
            [](const RecycleCall& each) { return each.wait == Wait::until_done; },
            [](const EventsCall& events) { return events.follow == Follow::and_coming; },
            [](const StopCall&) { return true; },
            [](const auto&) { return false; },
        },
        call);
}

ClientError connect_error(const std::string& app, const Error& error, const Patience& patience) {
    switch (error.code) {
    case ECANCELED:
        return {Trouble::interrupted, "interrupted"};
    case ETIMEDOUT:
        return silent(app, patience.silence * patience.pings);
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
        return no_daemon(app);
    case EACCES:
    case EPERM:
        return {Trouble::permission, "you may not open " + control_path(app) +
                                         ": be root or a member of the [control] group"};
    default:
        return {Trouble::broken, error.message()};
    }
}

ClientError service_error(const ServiceError& error) {
    switch (error.fault) {
    case ServiceFault::permission_denied:
        return {Trouble::permission,
                "permission denied: orders need root or a member of the [control] group of the "
                "policy; the app's user may read"};
    case ServiceFault::invalid_parameter:
        return {Trouble::refused, "the daemon does not accept the parameter " + error.name};
    case ServiceFault::interface_not_found:
    case ServiceFault::method_not_found:
    case ServiceFault::method_not_implemented:
        return {Trouble::refused, "the daemon does not know " + error.name +
                                      ": it has another version than this recyclerctl"};
    case ServiceFault::expected_more:
        return {Trouble::refused, "the daemon answers this call only with a stream"};
    }
    return {Trouble::broken, "the daemon answers with an unknown error"};
}

ClientError told(const Failure& failure) {
    return std::visit(
        Overloaded{
            [](const NoSuchSlot& error) -> ClientError {
                return {Trouble::refused, "no such slot \"" + error.slot + "\"", error.slot};
            },
            [](const Refused& error) -> ClientError {
                return {Trouble::refused, error.reason};
            },
            [](const TimedOut& error) -> ClientError {
                return {Trouble::timed_out, error.reason.empty()
                                                ? "timed out: " + text::joined(error.slots, ", ")
                                                : error.reason};
            },
            [](const PolicyError& error) -> ClientError {
                return {Trouble::refused, error.faults};
            },
            [](const ServiceError& error) { return service_error(error); },
        },
        failure);
}

ClientError lost(const std::string& app, const std::string& why) {
    return {Trouble::broken, "lost the daemon of \"" + app + "\": " + why};
}

} // namespace

std::variant<Client, ClientError> Client::connect(const std::string& app, int interrupt,
                                                  const Patience& patience) {
    // An app is one folder below the runtime folder, never a way out of it.
    if (app.empty() || app == "." || app == ".." || app.find('/') != std::string::npos) {
        return ClientError{Trouble::no_daemon, "\"" + app + "\" cannot name an app"};
    }
    auto socket = reach(control_path(app), interrupt, patience.silence * patience.pings);
    if (!socket) {
        return connect_error(app, socket.error(), patience);
    }
    return Client(*std::move(socket), app, interrupt, patience);
}

// In milliseconds, for poll(2).
int Client::next_ping() const {
    auto next = std::chrono::ceil<std::chrono::milliseconds>(patience_.silence);
    if (answer_by_) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*answer_by_ - Clock::now());
        next = std::clamp(left, std::chrono::milliseconds(0), next);
    }
    return static_cast<int>(next.count());
}

std::optional<ClientError> Client::overdue() const {
    if (!answer_by_ || Clock::now() < *answer_by_) {
        return std::nullopt;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience_.answer).count();
    return ClientError{Trouble::silent,
                       "the daemon of \"" + app_ + "\" is alive, but has not answered this for " +
                           std::to_string(seconds) + " s: ask again later, or look into its log"};
}

void Client::ping() {
    auto second = reach(control_path(app_), -1, Duration::zero());
    if (!second) {
        return; // as good as unanswered
    }
    constexpr std::string_view k_who_are_you(R"({"method":"org.varlink.service.GetInfo"})");
    // With the zero byte that ends a message; it fits into an empty socket buffer.
    (void)::send(second->get(), k_who_are_you.data(), k_who_are_you.size() + 1,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
    ping_ = *std::move(second);
}

std::optional<ClientError> Client::wait(short events) {
    for (unsigned unanswered = 0;;) {
        // poll(2) passes over a descriptor of -1.
        std::array<pollfd, 3> fds{{{socket_.get(), events, 0},
                                   {interrupt_, POLLIN, 0},
                                   {ping_ ? ping_.get() : -1, POLLIN, 0}}};
        if (poll(fds.data(), fds.size(), next_ping()) < 0) {
            if (errno == EINTR) {
                continue;
            }
            return lost(app_, std::strerror(errno));
        }
        if (fds[1].revents != 0) {
            return ClientError{Trouble::interrupted, "interrupted"};
        }
        if (fds[0].revents != 0) {
            ping_.reset();
            return std::nullopt;
        }
        if (fds[2].revents != 0) {
            ping_.reset();
            unanswered = 0;
        } else if (auto error = overdue()) {
            return error;
        } else if (++unanswered == patience_.pings) {
            return silent(app_, patience_.silence * patience_.pings);
        } else if (!ping_) {
            ping();
        }
    }
}

std::optional<ClientError> Client::send(std::string_view message) {
    while (!message.empty()) {
        if (auto error = wait(POLLOUT)) {
            return error;
        }
        const ssize_t size =
            ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size >= 0) {
            message.remove_prefix(static_cast<std::size_t>(size));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return std::nullopt; // refused at the door: the reason is there to be read
        } else if (errno != EAGAIN && errno != EINTR) {
            return lost(app_, std::strerror(errno));
        }
    }
    return std::nullopt;
}

std::variant<std::string, ClientError> Client::receive() {
    for (;;) {
        if (auto message = frames_->next()) {
            return *std::move(message);
        }
        if (auto error = wait(POLLIN)) {
            return *std::move(error);
        }
        std::array<char, 65536> chunk;
        const ssize_t size = recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (size > 0) {
            if (!frames_->feed({chunk.data(), static_cast<std::size_t>(size)})) {
                return lost(app_, "its answer is too long");
            }
        } else if (size == 0) {
            return lost(app_, "it closed the connection");
        } else if (errno != EAGAIN && errno != EINTR) {
            return lost(app_, std::strerror(errno));
        }
    }
}

std::variant<Reply, ClientError> Client::ask(const Call& call, Delivery delivery,
                                             const OnReply& on_reply) {
    answer_by_ =
        takes_its_time(call) ? std::nullopt : std::optional(Clock::now() + patience_.answer);
    if (auto error = send(encode_call(call, delivery))) {
        return *std::move(error);
    }
    for (;;) {
        auto message = receive();
        if (auto* error = std::get_if<ClientError>(&message)) {
            return std::move(*error);
        }
        auto decoded = decode_answer(std::get<std::string>(message), call);
        if (const auto* failure = std::get_if<Failure>(&decoded)) {
            return told(*failure);
        }
        if (const auto* error = std::get_if<Error>(&decoded)) {
            return lost(app_, error->message());
        }
        Answer& answer = std::get<Answer>(decoded);
        if (answer.continues == Continues::no) {
            return std::move(answer.reply);
        }
        if (on_reply(answer.reply) == Next::nothing) {
            socket_.reset();
            return ClientError{Trouble::interrupted, "the output is closed"};
        }
    }
}

std::variant<Reply, ClientError> Client::call(const Call& call) {
    return ask(call, Delivery::single, [](const Reply&) { return Next::more; });
}

std::variant<Reply, ClientError> Client::stream(const Call& call, const OnReply& on_reply) {
    return ask(call, Delivery::more, on_reply);
}

Client::Client(UniqueFd socket, std::string app, int interrupt, const Patience& patience)
    : socket_(std::move(socket)), app_(std::move(app)), interrupt_(interrupt), patience_(patience),
      frames_(std::make_unique<Frames>(k_longest_answer)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

} // namespace recycler::control
