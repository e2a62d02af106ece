// SPDX-License-Identifier: MIT
// Kept connections in the model world: those that rest in workers, and those that stand in the
// channels of slots, which the keeper empties into others. Has dice of its own, so that streams
// without kept connections stay what they are.
#pragma once

#include "recycler/slots/handover/keeping.hpp"
#include "tests/scenario/model.hpp"

#include <map>

namespace scenario {

namespace slots = recycler::slots;

class Kept {
  public:
    explicit Kept(std::uint64_t seed) : dice_(seed) {}
    void begin() { on_ = true; }
    void calm() { asks_ = false; } // nobody asks any more

    void order(const slots::LetRest& order) { workers_[order.worker].ordered = order.resting; }
    void order(const slots::RouteChannel& order);

    // A request is answered; its connection may come to rest.
    void served(WorkerId id);
    // One that has nothing else to do looks at its page and its channel. Whether a client asks on
    // one that rests in it.
    bool asked(WorkerId id, bool takes);
    void ended(WorkerId id) { workers_.erase(id); }
    // The keeper, whatever becomes of the controller.
    void move();

    [[nodiscard]] std::uint32_t resting(WorkerId id) const;
    [[nodiscard]] std::uint32_t in_channel(SlotId slot) const;

  private:
    struct Keeper {
        slots::Resting ordered = slots::Resting::allowed;
        std::uint32_t resting = 0;
    };
    Dice dice_;
    bool on_ = false, asks_ = true;
    std::map<WorkerId, Keeper> workers_;
    std::map<SlotId, std::uint32_t> channels_;
    std::map<SlotId, slots::ChannelRoute> routes_;
};

} // namespace scenario
