// SPDX-License-Identifier: MIT
#include "recycler/controller/look/standstill.hpp"

namespace recycler::controller {

std::optional<Duration> take_standstill(std::optional<UnservedNote>& note,
                                        const StandstillSeen& seen) {
    const request::Activity& now = seen.activity;
    const bool unseen = seen.begun == 0 && seen.accepts > now.open;
    if (seen.queued == 0 || now.in_flight > now.half || unseen) {
        note.reset();
        return std::nullopt;
    }
    if (!note || note->accepts != seen.accepts || note->served != seen.served) {
        note = UnservedNote{
            .since = seen.at, .until = seen.at, .accepts = seen.accepts, .served = seen.served};
    }
    note->until = seen.at;
    note->queued = seen.queued;
    note->held = request::kept_open(now);
    note->half = now.half;
    return seen.at - note->since;
}

} // namespace recycler::controller
