// SPDX-License-Identifier: MIT
// What the keeper says, taken in as turns have time for it: each end of a worker is a turn of the
// decider, and a thousand workers may end at once. Answers a ping as soon as it has read it. Owns
// what was read and waits, in the order in which it came; knows nothing of what follows from it.
#pragma once

#include "recycler/keeper/protocol/link.hpp"
#include "systemd/event_loop.hpp"

#include <deque>
#include <functional>

namespace recycler::controller {

class Incoming {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        keeper::Link& link;
        std::function<void(keeper::News& news)> take;
        std::function<void(const Error& error)> complain;
    };
    // All of `uses` must outlive it.
    explicit Incoming(Uses uses) : uses_(std::move(uses)) {}
    Result<void> add_sources();

  private:
    enum class Read { more, nothing };

    void read();
    Read read_one();
    void take_in();

    Uses uses_;
    std::deque<keeper::News> waiting_;
    bool keeper_gone_ = false; // nothing comes any more, and what waits is of no interest
    systemd::IoSource arrived_;
    systemd::Deferred rest_; // of what waits
};

} // namespace recycler::controller
