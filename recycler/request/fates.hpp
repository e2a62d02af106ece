// SPDX-License-Identifier: MIT
// Which requests the end of a worker, or of one of its processes, concerned, and what became of
// each: from what the recorder's page says of its processes at the end, and said when we told the
// worker to end. Pure. Must not know why it ended.
#pragma once

#include "recycler/base/fate.hpp"
#include "recycler/request/page.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace recycler::request {

struct RequestAtEnd {
    std::optional<InFlight> request; // nullopt: it is not known which ones they were
    std::optional<MonoTime> until{}; // when it was over, if before the end
    Fate fate = Fate::unknown;
    std::uint32_t count = 1;
    Over how = Over::unknown; // if it was over before the end
    bool operator==(const RequestAtEnd&) const = default;
};

// How the process ended, as far as it tells what it did to its last request. `told`: by our order,
// idle; `told_busy`: by our order, which was about a request.
enum class Leaving { told, told_busy, left, exited, signalled };

struct EndSeen {
    std::span<const std::byte> page;
    std::vector<Process> processes; // that ended
    std::vector<Process> at_order;  // those that had a request in flight when we told them to end
    Leaving leaving = Leaving::signalled;
    bool gave_up = false; // a request, as far as the sums of an earlier recorder's page tell
    MonoTime at{};        // when it ended
};

// The oldest first, those of which nothing is known last.
[[nodiscard]] std::vector<RequestAtEnd> requests_at_end(const EndSeen& seen);

} // namespace recycler::request
