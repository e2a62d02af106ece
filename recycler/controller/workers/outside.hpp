// SPDX-License-Identifier: MIT
// A worker that is outside of its cgroup: somebody has moved it, or removed the whole tree. No
// limit holds for it there. Finds it out and puts it back; knows nothing of the decider.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/controller/parts.hpp"
#include "systemd/event_loop.hpp"

#include <optional>

namespace recycler::controller {

// Looks at most once a second, some 10 us. What is to be told of it, once for each worker however
// often it happens. nullopt: it is inside, ends just now, or was looked for lately.
[[nodiscard]] std::optional<control::EventLine>
put_back_inside(WorkerId id, LiveWorker& worker, Parts& parts, const systemd::EventLoop& loop);

} // namespace recycler::controller
