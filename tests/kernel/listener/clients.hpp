// SPDX-License-Identifier: MIT
// The other end of the listener tests: clients that connect in a tight loop and count what happens
// to them, and single connections. Knows no worker but by its answer.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/unique_fd.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace rig {

struct Tally {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0; // told so at once: ECONNREFUSED, or no such path
    std::uint64_t failed = 0;  // anything else: reset, no answer, timeout
    std::uint64_t late = 0;    // connected, but after more than 0.2 s
    std::chrono::nanoseconds worst{0};
};

// Threads that connect, ask, wait for the answer and reset, until stopped. They end connections by
// RST so that no TIME_WAIT uses up the ports.
class Clients {
  public:
    Clients(const policies::Address& address, int count);
    ~Clients();
    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    Tally stop();

  private:
    void run(Tally& tally);
    policies::Address address_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> answered_ = 0;
    std::vector<Tally> tallies_;
    std::vector<std::thread> threads_;
};

// A connected socket; -1 with errno otherwise. source_port 0: any.
[[nodiscard]] recycler::UniqueFd connect_to(const policies::Address& address,
                                            std::uint16_t source_port = 0);
// The one byte that the worker answers with; 0: none came.
[[nodiscard]] char ask(int connection);
// The whole: connect and ask.
[[nodiscard]] char ask(const policies::Address& address);

// A client that never sees the server's answer to its SYN: a socket filter drops it before TCP does
// anything with it. To a port of 127.0.0.1.
[[nodiscard]] recycler::UniqueFd connect_half(const policies::Address& address);

} // namespace rig
