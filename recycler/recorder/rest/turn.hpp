// SPDX-License-Identifier: MIT
// Which thread of a worker, in whichever of its processes, may call accept() on its blocking
// listener: the waiting sets report one connection to several threads, and accept() would hold the
// second one for good while connections at rest ask. The listener stays blocking, because its flag
// is shared with every process that has or will have the listener, among them workers without a
// recorder. Owns one word, which stands in the page and is 0 at first.
#pragma once

#include <atomic>
#include <cstdint>
#include <poll.h>
#include <sched.h>

namespace recycler::recorder {

class Turn {
  public:
    explicit Turn(std::uint32_t& number) : number_(number) {}

    // Before the thread waits: what it then hears of the listener is news as long as this stands.
    [[nodiscard]] std::uint32_t number() const {
        return __atomic_load_n(&number_, __ATOMIC_SEQ_CST) & ~1U;
    }

    // Whether accept() would return at once. If so, done() must follow it. Where another thread
    // never comes to the end of its turn, because its process was killed, nobody waits for it
    // longer than some milliseconds.
    [[nodiscard]] bool take(std::uint32_t number, int listener,
                            int (*poll)(pollfd*, nfds_t, int)) const {
        std::atomic_ref word{number_};
        std::uint32_t seen = number;
        if (word.compare_exchange_strong(seen, number + 1)) {
            return true;
        }
        for (int attempt = 0; attempt < k_attempts; ++attempt) {
            seen &= ~1U;
            if (word.compare_exchange_strong(seen, seen + 1)) {
                break;
            }
            (void)sched_yield(); // always succeeds on Linux
        }
        pollfd one{.fd = listener, .events = POLLIN, .revents = 0};
        if (poll(&one, 1, 0) == 1) {
            return true;
        }
        done();
        return false;
    }
    void done() const {
        std::atomic_ref word{number_};
        word.store((word.load() | 1U) + 1);
    }

  private:
    static constexpr int k_attempts = 1000;
    std::uint32_t& number_; // odd: somebody has the turn
};

} // namespace recycler::recorder
