// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/left_memory.hpp"

#include "recycler/base/text/sizes.hpp"

namespace recycler::controller {

std::optional<Bytes> memory_left_behind(const Containment& containment,
                                        const LiveWorkers& workers) {
    std::optional<Bytes> left = containment.shared_memory();
    if (!left || *left < k_some_left) {
        return std::nullopt;
    }
    for (const auto& [id, worker] : workers) {
        if (worker.group) {
            const auto own = worker.group->shared_memory();
            left = own ? *left - *own : *left; // an error: its group has just gone
        }
    }
    return left;
}

std::optional<std::string> left_behind(std::optional<Bytes> left, SharedShm shared) {
    if (!left || *left < k_some_left) {
        return std::nullopt;
    }
    return "Workers that have ended left " + text::size_text(*left) +
           " of shared memory behind, in /dev/shm or another tmpfs, and it counts towards "
           "memory.app_max until its files are removed: ls -l /dev/shm shows them." +
           (shared == SharedShm::yes ? " With sandbox.isolate = true each worker has a /dev/shm "
                                       "of its own, which ends with it."
                                     : "");
}

} // namespace recycler::controller
