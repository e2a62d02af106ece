// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/copies.hpp"

#include "recycler/recorder/next_calls.hpp"

#include <atomic>

namespace recycler::recorder {

void Copies::mark(int fd, bool rests) {
    const auto at = static_cast<unsigned>(fd);
    const std::uint64_t bit = std::uint64_t{1} << at % 64;
    std::atomic_ref word{resting[at / 64]};
    (void)(rests ? word.fetch_or(bit) : word.fetch_and(~bit));
}

// The child has one thread. No call can fail: it has what its parent had.
void Copies::close_all() {
    for (int fd = 0; fd < k_followed_descriptors; ++fd) {
        if ((resting[fd / 64] >> static_cast<unsigned>(fd) % 64 & 1) != 0) {
            (void)next_calls.close(fd);
        }
    }
    if (waiting_set > 0) {
        (void)next_calls.close(waiting_set - 1);
    }
    *this = {};
}

} // namespace recycler::recorder
