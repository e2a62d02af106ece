// SPDX-License-Identifier: MIT
// The channels by which slots hand kept connections on, and what becomes of those that rest in a
// worker. Owns both ends of each channel, as keeper and workers do, so that the
// connections in one survive the death of each of them. Reads none of them.
#pragma once

#include "recycler/controller/learn.hpp"
#include "recycler/controller/telling.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/keeper/protocol/link.hpp"

#include <map>
#include <vector>

namespace recycler::controller {

struct Channel {
    UniqueFd out; // connections are sent here
    UniqueFd in;  // and received here
    slots::ChannelRoute route{};
};
using ChannelOfSlots = std::map<SlotId, Channel>;

// Says in its page what becomes of what rests in a worker.
void write_order(recorder::PageFile& page, slots::Resting resting);

// Has each process of the worker that waits in accept() look at its page.
void wake(const LiveWorker& worker);

class Channels {
  public:
    struct Uses {
        LiveWorkers& workers;
        const policies::Policy& policy;
        keeper::Link& link;
        const SlotTable& slots;
        Telling& telling;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit Channels(Uses uses) : uses_(uses) {}
    void adopt(ChannelOfSlots channels) { channels_ = std::move(channels); }

    // Descriptors for a worker that is about to be launched, in the order that the keeper wants;
    // none where connections are not kept. The keeper holds them, too, from then on.
    [[nodiscard]] Result<std::vector<int>> give(WorkerId id, slots::Resting resting,
                                                LiveWorker& worker);

    // The same for a spare, in parts: what wakes it, none where connections are not kept; and the
    // two ends of the channel of the slot that it takes.
    [[nodiscard]] Result<void> give_wake(WorkerId id, LiveWorker& worker);
    [[nodiscard]] Result<std::vector<int>> ends_of(SlotId slot);

    void carry_out(const slots::LetRest& action);
    void carry_out(const slots::RouteChannel& action);

    // Those who wait in it are turned away.
    void end_all(SlotId slot);
    // Likewise if the slot's worker serves and takes none: its program is another one than that of
    // the worker before, and its recorder cannot let connections rest.
    void look_at_untaken(WorkerId id, LiveWorker& worker, const request::PageReading& page,
                         MonoTime now);

    // The sockets that a worker of this slot has from us, besides its listener.
    [[nodiscard]] std::vector<int> sockets_of(SlotId slot) const;
    // Connections may have been handed from one worker to another.
    [[nodiscard]] bool has_any() const { return !channels_.empty(); }
    // The slot has gone: what stands in its channel ends.
    void remove(SlotId slot);

  private:
    [[nodiscard]] bool are_kept() const;
    [[nodiscard]] Result<const Channel*> channel_of(SlotId slot);
    void set_route(SlotId slot, const slots::ChannelRoute& route);

    Uses uses_;
    ChannelOfSlots channels_;
};

} // namespace recycler::controller
