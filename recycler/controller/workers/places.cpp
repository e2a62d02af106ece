// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/places.hpp"

#include <algorithm>

namespace recycler::controller {

Places::Made Places::make(WorkerId id) {
    return Launching::make_place(slots_.name(id), policy_, containment_);
}

Places::Made Places::take(WorkerId id) {
    if (auto ready = ahead_.extract(id)) {
        const auto& group = ready.mapped().group;
        if (!group || group->current()) {
            return std::move(ready.mapped());
        } // else somebody has removed it
    }
    return make(id);
}

Places::Rest Places::make_one_of(const std::set<WorkerId>& wanted) {
    for (auto& [id, place] : ahead_) {
        if (!wanted.contains(id) && place.group) {
            (void)place.group->remove(); // empty; what cannot be removed is swept at the next start
        }
    }
    std::erase_if(ahead_, [&](const auto& entry) { return !wanted.contains(entry.first); });
    const auto missing = std::find_if(wanted.begin(), wanted.end(),
                                      [&](WorkerId id) { return !ahead_.contains(id); });
    if (missing == wanted.end() || ahead_.size() >= k_most_ahead) {
        return Rest::all_made;
    }
    auto place = make(*missing);
    auto* made = std::get_if<Launching::Place>(&place);
    if (made == nullptr) {
        return Rest::all_made;
    }
    ahead_.emplace(*missing, std::move(*made));
    return Rest::more_to_make;
}

} // namespace recycler::controller
