// SPDX-License-Identifier: MIT
// Whether connections come at all, while a gate that has just opened waits for some of them. A
// balancer that stands still sends none to anybody, and when it goes on it may still avoid whom it
// avoided before: the time in which it must have come back begins again then.
#pragma once

#include "recycler/slots/slot.hpp"

#include <span>

namespace recycler::slots {

class Traffic {
  public:
    // When none have come for so long, the balancer may stand still.
    static constexpr Duration k_lull = std::chrono::milliseconds(500);
    // Of those who serve beside a gate that waits, the first few are looked at often.
    static constexpr std::uint16_t k_lookouts = 4;
    static constexpr Duration k_look = std::chrono::milliseconds(100);
    // What comes within this after the first connection may have been on its way since before the
    // gate was closed: the kernel of a busy machine delivers late.
    static constexpr Duration k_goes_on = std::chrono::milliseconds(100);
    // A gate waits anew after so many lulls, and then no more: where connections are few, each of
    // them ends one.
    static constexpr int k_most_lulls = 3;

    // The gate of this slot opens.
    void wait_for(Slot& opened, Duration settle, MonoTime now, std::span<Slot> slots);
    // A look at this slot's worker has shown so many accepted connections.
    void looked(Slot& slot, const Worker& worker, std::uint64_t accepts, Duration settle,
                MonoTime now, std::span<Slot> slots);
    // A gate has waited long enough. Where connections came until shortly before, and then none any
    // more, it waits on; where none came at all it holds nobody up, and is not forgotten.
    void fire(Slot& slot, Duration settle, MonoTime now) const;
    // How soon to look at this slot again.
    [[nodiscard]] static Duration next_look(const Slot& slot, std::span<const Slot> slots);
    [[nodiscard]] static bool awaited(std::span<const Slot> slots);

  private:
    [[nodiscard]] bool lulled(MonoTime now) const { return now - last_ >= k_lull; }
    void came(Duration settle, MonoTime now, std::span<Slot> slots);

    MonoTime last_;    // that some came, or that a gate opened
    MonoTime came_at_; // that some came
};

} // namespace recycler::slots
