// SPDX-License-Identifier: MIT
// What the keeper waits for: an epoll whose events say what they are about.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace recycler::keeper {

enum class Source : std::uint32_t { signals, socket, outputs, failure_pipe, channel };

struct Event {
    Source source = Source::signals;
    std::uint32_t index = 0; // of the worker, or of the route
};

class Poller {
  public:
    static constexpr std::size_t k_most_events = 64;

    // 0 or an errno.
    [[nodiscard]] int open();
    // `events`: EPOLLIN, EPOLLOUT. 0 or an errno.
    [[nodiscard]] int add(int fd, Event event, std::uint32_t events = EPOLLIN);
    void change(int fd, Event event, std::uint32_t events);
    // Said before a close: a child that was just forked may hold a copy for a moment, and would
    // keep the entry alive.
    void remove(int fd);

    // What happened until `deadline`; possibly nothing. What there is no room for has its turn
    // first the next time.
    [[nodiscard]] std::span<const Event> wait(MonoTime now, MonoTime deadline,
                                              std::size_t most = k_most_events);
    // Readable when something has happened: for another one that waits for this.
    [[nodiscard]] int fd() const { return epoll_.get(); }

  private:
    UniqueFd epoll_;
    std::array<Event, k_most_events> events_{};
};

} // namespace recycler::keeper
