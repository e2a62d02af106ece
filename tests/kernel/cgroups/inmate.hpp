// SPDX-License-Identifier: MIT
// A process born inside a group, that does what it is told over a socket: what a worker does to its
// cgroup, on demand.
#pragma once

#include "cgroups/group.hpp"

#include <csignal>
#include <cstdint>
#include <sys/types.h>

enum class Verb : std::uint8_t {
    allocate,   // so many bytes of anonymous memory, touched
    fill_file,  // so many bytes into a file on disk: page cache
    fork_child, // a child that waits; the answer is its pid
    fork_storm, // children that fork for ever; does not answer
};

struct Order {
    Verb verb = Verb::allocate;
    std::uint64_t amount = 0;
};

class Inmate {
  public:
    // Fails the test if the process cannot be had.
    explicit Inmate(const cgroups::Group& group);
    ~Inmate(); // killed and reaped, if it was not
    Inmate(const Inmate&) = delete;
    Inmate& operator=(const Inmate&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Gives an order and waits until it is done; returns its result, or nothing if the inmate died
    // over it.
    std::optional<std::int64_t> does(Order order);
    void begins(Order order) const; // does not wait
    // Reads the bytes that the storm's processes write when they start, until there were so many.
    void storm_reached(std::size_t count) const;
    // Waits for the end (not yet reaped by others) and tells how.
    siginfo_t end();

  private:
    pid_t pid_ = -1;
    recycler::UniqueFd line_;
    recycler::UniqueFd pidfd_;
};

// Whether `fd` becomes ready for `events` within a minute; 0 ms: is it now.
bool ready(int fd, short events, int milliseconds = 60'000);
