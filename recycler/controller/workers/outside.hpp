// SPDX-License-Identifier: MIT
// A worker that is outside of its cgroup: somebody has moved it, or removed the whole tree. No
// limit holds for it there. Finds it out and puts it back; knows nothing of the decider.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "systemd/event_loop.hpp"

#include <optional>

namespace recycler::controller {

class Outside {
  public:
    struct Uses {
        const systemd::EventLoop& loop;
        const SlotTable& slots;
        const policies::Policy& policy;
        Containment& containment;
        keeper::Link& link;
    };
    // All of `uses` must outlive it.
    explicit Outside(Uses uses) : uses_(uses) {}

    // Looks at most once a second, some 10 us. What is to be told of it, once for each worker
    // however often it happens. nullopt: it is inside, ends just now, or was looked for lately.
    [[nodiscard]] std::optional<control::EventLine> put_back(WorkerId id, LiveWorker& worker);

  private:
    [[nodiscard]] Result<void> give_new_group(WorkerId id, LiveWorker& worker);

    Uses uses_;
};

} // namespace recycler::controller
