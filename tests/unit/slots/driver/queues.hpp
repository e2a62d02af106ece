// SPDX-License-Identifier: MIT
// The queues of listeners: who is turned away waits no more.
#pragma once

#include "recycler/slots/event.hpp"

#include <deque>
#include <map>

namespace recycler::slots {

class Queues {
  public:
    // So many connections more wait in the listener.
    void wait_in(ListenerId id, std::uint32_t count) { waiting_[id] += count; }
    [[nodiscard]] std::uint32_t waiting(ListenerId id) { return waiting_[id]; }

  protected:
    void note(const TurnAway& order) { orders_.push_back(order); }
    // What came of the first order that was not carried out yet.
    std::optional<TurnedAway> carry_out_next() {
        if (orders_.empty()) {
            return std::nullopt;
        }
        const TurnAway order = orders_.front();
        orders_.pop_front();
        const std::uint32_t taken = std::min(order.most, waiting_[order.listener]);
        waiting_[order.listener] -= taken;
        std::vector<std::string> first;
        for (std::uint32_t i = 0; i < std::min<std::uint32_t>(taken, k_most_named); ++i) {
            first.push_back("GET /" + std::to_string(i + 1));
        }
        return TurnedAway{order.listener, taken, taken, taken == order.most, std::move(first)};
    }

  private:
    std::map<ListenerId, std::uint32_t> waiting_;
    std::deque<TurnAway> orders_;
};

} // namespace recycler::slots
