// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/turning_away.hpp"

#include "recycler/request/refusal.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>

namespace recycler::worker {

namespace {

constexpr Duration k_read_again = std::chrono::milliseconds(20);
// Of one connection in one turn.
constexpr std::size_t k_read_at_once = std::size_t{256} * 1024;

using Buffer = std::array<std::uint8_t, request::k_looked_at>;

// O_NONBLOCK belongs to the open socket, which its next worker shares.
class NotBlocking {
  public:
    explicit NotBlocking(int listener) : listener_(listener), flags_(::fcntl(listener, F_GETFL)) {
        if (flags_ >= 0) {
            (void)::fcntl(listener_, F_SETFL, flags_ | O_NONBLOCK);
        }
    }
    NotBlocking(const NotBlocking&) = delete;
    NotBlocking& operator=(const NotBlocking&) = delete;
    ~NotBlocking() {
        if (flags_ >= 0) {
            (void)::fcntl(listener_, F_SETFL, flags_);
        }
    }
    [[nodiscard]] bool holds() const { return flags_ >= 0; }

  private:
    int listener_;
    int flags_;
};

// What was there to be read, and whether its client is still there.
enum class Client { there, sending, gone };

template <typename Take>
Client read_what_is_there(int connection, std::size_t most, Take take) {
    Buffer buffer;
    for (std::size_t read = 0; read < most;) {
        const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 && errno == EAGAIN ? Client::there : Client::gone;
        }
        take(buffer.data(), static_cast<std::size_t>(got));
        read += static_cast<std::size_t>(got);
    }
    return Client::sending;
}

} // namespace

TurningAway::Done TurningAway::turn_away(int listener, std::uint32_t most, MonoTime now) {
    Done done;
    const NotBlocking guard(listener);
    if (!guard.holds()) {
        done.error = Error{errno, "look at a listener"};
        return done;
    }
    while (done.taken < most) {
        UniqueFd connection(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!connection && (errno == EINTR || errno == ECONNABORTED)) {
            continue;
        }
        if (!connection) {
            if (errno != EAGAIN) {
                done.error = Error{errno, "accept a connection that nobody will serve"};
            }
            break;
        }
        ++done.taken;
        end(std::move(connection), now, done);
    }
    return done;
}

// It is lost where its client had waited until now.
void TurningAway::end(UniqueFd connection, MonoTime now, Done& done) {
    request::RequestStream seen{};
    const Client client = read_what_is_there(
        connection.get(), k_read_at_once,
        [&](const std::uint8_t* at, auto size) { (void)request::follow(seen, at, size); });
    if (client == Client::gone) {
        return;
    }
    ++done.lost;
    if (std::string words = request::in_words(seen);
        !words.empty() && done.first.size() < k_most_told) {
        done.first.push_back(std::move(words));
    }
    if (!request::wants_an_answer(seen)) {
        return;
    }
    const auto answer = request::unavailable(seen); // fits into the buffer of any fresh socket
    (void)::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)::shutdown(connection.get(), SHUT_WR);
    if (!seen.all_sent) {
        if (lingering_.size() == k_most_lingering) {
            lingering_.pop_front();
        }
        lingering_.push_back({std::move(connection), now + k_lingers});
    }
}

void TurningAway::read_on(MonoTime now) {
    std::erase_if(lingering_, [now](const Lingering& each) {
        const Client client =
            read_what_is_there(each.connection.get(), k_read_at_once, [](const auto*, auto) {});
        return client == Client::gone || now >= each.until;
    });
}

std::optional<MonoTime> TurningAway::next(MonoTime now) const {
    return lingering_.empty() ? std::nullopt : std::optional(now + k_read_again);
}

} // namespace recycler::worker
