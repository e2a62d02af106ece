// SPDX-License-Identifier: MIT
// Shared memory that outlives the workers: what they put into /dev/shm, or into another tmpfs, is
// theirs no more when they have ended, and counts for the app until somebody removes the files.
#pragma once

#include "recycler/controller/workers/containment.hpp"

#include <optional>
#include <string>

namespace recycler::controller {

// Less than this is not worth a sentence: each worker's recorder page is such memory, too.
inline constexpr Bytes k_some_left = Bytes{std::uint64_t{16} << 20};

// What of the app's shared memory no living worker has taken. Looks at the app, and at each worker
// (20 us) only if the app has more than k_some_left: nullopt, too, where that cannot be known.
[[nodiscard]] std::optional<Bytes> memory_left_behind(const Containment& containment,
                                                      const LiveWorkers& workers);

// PURE. A sentence when it is more than k_some_left.
enum class SharedShm { yes, no }; // whether workers share /dev/shm
[[nodiscard]] std::optional<std::string> left_behind(std::optional<Bytes> left, SharedShm shared);

} // namespace recycler::controller
