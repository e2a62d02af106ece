// SPDX-License-Identifier: MIT
// Moves kept connections from the channel of one slot to those of others, or closes them, as the
// controller has ordered, also while there is no controller. Holds at most one connection of each
// route; what nobody has room for stays in the channel. Knows neither workers nor what a connection
// is for.
#pragma once

#include "recycler/keeper/poller.hpp"
#include "recycler/keeper/store.hpp"

namespace recycler::keeper {

class Routes {
  public:
    Routes(Store& store, Poller& poller) : store_(store), poller_(poller) {}

    // Replaces the route of that slot. 0, or an errno as Route says.
    [[nodiscard]] int set(const Route& order);
    // Before the channel of a slot is closed, or another takes its place.
    void end(const DepositKey& channel);

    // Some have come into the channel of this route: a bounded number moves, then others have
    // their turn.
    void on_channel(std::size_t index);
    // Tries again what nobody had room for.
    void act_on_time(MonoTime time);
    [[nodiscard]] MonoTime next_deadline() const { return again_at_; }

  private:
    enum class Moved { one, none, waits };
    [[nodiscard]] Moved move(RouteRecord& route);
    [[nodiscard]] bool send(RouteRecord& route);
    [[nodiscard]] int end_of(DepositKind kind, std::uint16_t slot);
    void watch(const RouteRecord& route, bool is_watched);
    void put_back(RouteRecord& route);
    void move_some(RouteRecord& route);

    Store& store_;
    Poller& poller_;
    MonoTime again_at_ = MonoTime::max(); // some have one in hand
};

} // namespace recycler::keeper
