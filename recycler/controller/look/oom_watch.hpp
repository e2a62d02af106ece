// SPDX-License-Identifier: MIT
// How often memory ran out, as far as the kernel counts it for us. On v1 that is an eventfd which
// is never read, only looked at, so that the count lives as long as the keeper holds the
// descriptor, over any number of controllers.
//
// The app's OOM is counted once by the app's eventfd and once by that of each of its workers; a
// worker's own only by its own. So the difference of the two counts tells them apart, also when one
// OOM of the app kills several workers.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/death/evidence.hpp"

#include <cstdint>
#include <optional>

namespace recycler::controller {

// nullopt: no eventfd, or the kernel does not show its count.
[[nodiscard]] std::optional<std::uint64_t> count_in(const UniqueFd& eventfd);

// From before a worker's life.
struct OomWatch {
    UniqueFd eventfd;                        // v1: of the worker's cgroup
    std::optional<std::uint64_t> app_before; // how often app_max had been hit until then
};

// What the counts prove when the life is over. `app_now`: as app_before, now.
[[nodiscard]] death::OomV1 on_v1(std::optional<std::uint64_t> kills,
                                 std::optional<std::uint64_t> own_count,
                                 std::optional<std::uint64_t> app_before,
                                 std::optional<std::uint64_t> app_now);
// How often app_max was hit meanwhile.
[[nodiscard]] std::optional<std::uint64_t> risen(std::optional<std::uint64_t> before,
                                                 std::optional<std::uint64_t> now);

} // namespace recycler::controller
