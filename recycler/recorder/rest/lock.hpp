// SPDX-License-Identifier: MIT
// One thread at a time changes what rests: between two steps of one, another could end a connection
// and get a new one under its number. Nothing that is done under it waits for anybody.
#pragma once

#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <sched.h>

namespace recycler::recorder {

// Held until the end of the block. Gives up rather than waits for ever: a signal handler may have
// interrupted the holder on its own thread.
class RestLock {
  public:
    explicit RestLock(std::uint32_t& word) : word_(word) {
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_); // cannot fail
        for (int attempt = 0; attempt < k_attempts && !held_; ++attempt) {
            std::uint32_t expected = 0;
            held_ = std::atomic_ref{word_}.compare_exchange_strong(expected, 1);
            if (!held_) {
                (void)sched_yield(); // always succeeds on Linux
            }
        }
    }
    RestLock(const RestLock&) = delete;
    RestLock& operator=(const RestLock&) = delete;
    ~RestLock() {
        if (held_) {
            std::atomic_ref{word_}.store(0);
        }
        (void)pthread_setcancelstate(cancel_, nullptr); // cannot fail
    }

  private:
    static constexpr int k_attempts = 100'000;
    std::uint32_t& word_;
    int cancel_ = PTHREAD_CANCEL_ENABLE;
    bool held_ = false;
};

} // namespace recycler::recorder
