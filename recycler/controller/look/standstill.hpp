// SPDX-License-Identifier: MIT
// Whether a worker stands still while connections wait for it, and since when: from what its
// samples show, one after another. Pure.
//
// That a queue is not empty says nothing by itself: a worker of one thread has one while it serves.
// It stands still when at two samples connections wait, no request that has come to its last
// parameter is in flight at either, and none was answered and no connection taken in between. So
// the very same connections have waited from the one to the other. What was in flight only between
// two samples shows by what it has answered. Of a worker that has let connections go, and on none
// of them a request was seen, nobody can say: it may receive in a way that its recorder does not
// see.
#pragma once

#include "recycler/controller/evidence/notes.hpp"
#include "recycler/request/page.hpp"

namespace recycler::controller {

struct StandstillSeen {
    MonoTime at;
    std::uint32_t queued = 0;
    std::uint64_t accepts = 0;
    std::uint64_t begun = 0;
    std::uint64_t served = 0;
    request::Activity activity; // of its living processes
};

// Keeps `note` up to date: how long it has stood so; nullopt: it does not.
[[nodiscard]] std::optional<Duration> take_standstill(std::optional<UnservedNote>& note,
                                                      const StandstillSeen& seen);

} // namespace recycler::controller
