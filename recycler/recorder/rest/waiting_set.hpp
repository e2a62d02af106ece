// SPDX-License-Identifier: MIT
// What the threads of a process in accept() wait for: the listener, the slot's channel, the
// controller's eventfd and the connections that rest. Owns one epoll and its descriptor; must not
// know what follows from an event.
#pragma once

#include <cstdint>

namespace recycler::recorder {

struct Arrival {
    enum class From : std::uint32_t { nothing, listener, channel, wake, connection };
    From from = From::nothing;
    int fd = -1;                  // of a connection
    std::uint32_t generation = 0; // likewise
    bool ended = false;           // its client has closed it, or its half
};

class WaitingSet {
  public:
    // A connection reports once, until it is armed anew; else as long as it can be read, which
    // costs a lone thread no call between its requests.
    enum class Report : std::uint32_t { always, once };

    // Waits for the listener from then on. False, with errno: there is none.
    bool make(int listener);
    [[nodiscard]] bool is_made() const;
    [[nodiscard]] int fd() const;
    // Takes over what was made elsewhere, once it is complete.
    void publish(const WaitingSet& made);
    // Its descriptor is gone.
    void forget();

    bool add_channel(int fd);
    void remove_channel(int fd);
    // Reports each write once, to one thread, and reads nothing: other processes wait for it, too.
    bool add_wake(int fd);

    bool add(int fd, std::uint32_t generation, Report report);
    void arm(int fd, std::uint32_t generation);    // Report::once, from now on
    void disarm(int fd, std::uint32_t generation); // until it is armed
    void remove(int fd);

    // -1: without end. `nothing` and errno 0: in vain; else errno is epoll_wait()'s.
    Arrival wait(int milliseconds);

  private:
    bool control(int operation, int fd, std::uint32_t events, std::uint64_t data);

    int number_; // 1 + descriptor; 0: none
};

} // namespace recycler::recorder
