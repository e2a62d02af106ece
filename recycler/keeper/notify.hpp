// SPDX-License-Identifier: MIT
// What systemd is told about the unit (sd_notify(3)). The keeper speaks for it because it is the
// main process, the only one that NotifyAccess=main lets in; the controller tells it how the app
// stands. By hand, because libsystemd would cost the keeper more memory than all that it holds.
// There is no queue: what is told is the difference between what is known and what was told, so a
// full socket is left alone until a later turn, and nothing ever waits.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"
#include "recycler/keeper/protocol/requests.hpp"

#include <cstddef>
#include <cstdio>
#include <sys/socket.h>
#include <sys/un.h>

namespace recycler::keeper {

class Notify {
  public:
    // Takes $NOTIFY_SOCKET (a path, or '@' and an abstract name), $WATCHDOG_USEC and $WATCHDOG_PID,
    // also out of the environment: the controller has no use for them. Without a socket that it
    // can make sense of it does nothing, as outside of systemd.
    void take_environment(MonoTime now);

    // How the app stands, by the controller's word.
    void show(const UnitState& unit_state);
    // The end has begun; the controller may be too busy to say so.
    void stopping();

    // Tells what is new, and that the keeper lives when it is time for that.
    void speak(MonoTime now);
    // When to speak at the latest.
    [[nodiscard]] MonoTime next_deadline() const;

  private:
    enum class Told { nothing, ready, stopping };
    // A datagram, put together line by line; large enough for all that there is.
    struct Text {
        std::array<char, 512> bytes{};
        std::size_t size = 0;
        __attribute__((format(printf, 2, 3))) void add(const char* format, ...);
    };

    [[nodiscard]] Told wanted() const;
    [[nodiscard]] bool has_news() const;
    [[nodiscard]] Text news(MonoTime now) const;
    [[nodiscard]] bool send(const Text& text) const;

    UniqueFd socket_; // empty: nobody wants to know
    sockaddr_un address_{};
    socklen_t address_size_ = 0;
    UnitState known_;
    bool stop_begun_ = false;
    Told told_ = Told::nothing;
    StatusText told_text_{};
    std::int64_t told_until_ = 0;
    Duration interval_{}; // of life signs; 0: none are wanted
    MonoTime alive_at_ = MonoTime::max();
    MonoTime again_at_ = MonoTime::max(); // news was not taken
};

} // namespace recycler::keeper
