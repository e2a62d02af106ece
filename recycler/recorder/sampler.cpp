// SPDX-License-Identifier: MIT
#include "recycler/recorder/sampler.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

using request::Measured;
using request::Ring;

// Two looks at /proc/self/statm take some 10 us, and the caches that they empty some more: two for
// each 4 ms of requests are a small part of what measuring costs a C worker, about 1 % in all.
constexpr std::uint64_t k_busy_for_each = 4'000'000;
// All processes of a worker together fill less than the ring between two looks of the controller, a
// second apart.
constexpr std::uint64_t k_time_for_each = 10'000'000;
constexpr std::uint32_t k_largest_mean = 1U << 14;

// Tried, never waited for: a signal handler may have interrupted the holder on its own thread.
class TryLock {
  public:
    explicit TryLock(std::uint32_t& word) : word_(word) {
        std::uint32_t expected = 0;
        held_ = std::atomic_ref{word_}.compare_exchange_strong(expected, 1);
    }
    TryLock(const TryLock&) = delete;
    TryLock& operator=(const TryLock&) = delete;
    ~TryLock() {
        if (held_) {
            std::atomic_ref{word_}.store(0);
        }
    }
    [[nodiscard]] bool held() const { return held_; }

  private:
    std::uint32_t& word_;
    bool held_ = false;
};

// The second number of statm, in bytes; 0: unknown. Opened anew each time: a descriptor that stays
// open would be one that the worker did not expect, and may close or inherit. Raw system calls,
// because the hooks stand before libc's.
std::uint64_t resident_memory() {
    const int error = errno;
    char text[64] = {};
    const long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)syscall(SYS_read, fd, text, sizeof text - 1); // nothing read: no digits
        (void)syscall(SYS_close, fd);                       // Linux has closed it in any case
    }
    errno = error;
    const char* digit = text;
    while (*digit >= '0' && *digit <= '9') {
        ++digit;
    }
    std::uint64_t pages = 0;
    for (digit += *digit == ' ' ? 1 : 0; *digit >= '0' && *digit <= '9'; ++digit) {
        pages = pages * 10 + static_cast<std::uint64_t>(*digit - '0');
    }
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint32_t clamp(std::uint64_t value, std::uint32_t lowest, std::uint32_t highest) {
    if (value < lowest) {
        return lowest;
    }
    return value > highest ? highest : static_cast<std::uint32_t>(value);
}

// As it stands in Measured::flags.
std::uint32_t level_of(std::uint64_t bytes) {
    const std::uint64_t units = bytes / request::k_level_unit;
    return units > request::k_most_levels
               ? 0
               : static_cast<std::uint32_t>(units) << request::k_level_shift;
}

template <std::size_t N>
void copy(char (&to)[N], const char* from) {
    std::memcpy(to, from, N);
}

} // namespace

void Sampler::start(Ring& ring, std::uint32_t pid, std::uint32_t row) {
    row_ = row;
    random_ = pid * 2654435761U | 1U; // Knuth's multiplier: children differ in more than one bit
    mean_ = 1;
    gap_ = 1;
    left_ = 1;
    pushed_before_ = std::atomic_ref{ring.next}.load(std::memory_order_relaxed);
    std::atomic_ref{ring_}.store(&ring);
}

bool Sampler::is_on() const {
    const Ring* ring = __atomic_load_n(&ring_, __ATOMIC_ACQUIRE);
    return ring != nullptr && __atomic_load_n(&ring->off, __ATOMIC_RELAXED) == 0;
}

// Threads that draw at once only disturb a number that is random anyway.
void Sampler::draw_gap(std::uint64_t now) {
    const std::uint64_t pushed = std::atomic_ref{ring_->next}.load(std::memory_order_relaxed);
    const std::uint64_t passed = now - drawn_at_;
    const std::uint64_t busy = std::atomic_ref{busy_}.exchange(0, std::memory_order_relaxed);
    // How many requests come in the time that one measurement is to stand for, by the clock and by
    // their own time. The ring is shared: what the other processes push counts.
    const std::uint64_t others = clamp(pushed - pushed_before_, 1, request::k_ring_places);
    const std::uint64_t by_clock = gap_ * others * k_time_for_each / (passed | 1);
    const std::uint64_t by_cost = gap_ * k_busy_for_each / (busy | 1);
    const std::uint64_t wanted = by_clock > by_cost ? by_clock : by_cost;
    mean_ = clamp(clamp(wanted, mean_ / 2, mean_ * 2), 1, k_largest_mean);
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    gap_ = 1 + random_ % (2 * mean_ - 1); // 1 ... 2 mean - 1, so that it is the mean on average
    drawn_at_ = now;
    pushed_before_ = pushed;
    std::atomic_ref{left_}.store(gap_, std::memory_order_relaxed);
}

void Sampler::begin(Choice& choice, std::uint64_t now) {
    choice = {};
    if (!is_on()) {
        return;
    }
    settle();
    const bool first = std::atomic_ref{begun_}.exchange(1, std::memory_order_relaxed) == 0;
    const std::uint32_t left = std::atomic_ref{left_}.fetch_sub(1, std::memory_order_relaxed);
    if (left != 1 && left <= gap_) {
        return;
    }
    choice.weight = mean_;
    choice.flags = first ? request::k_first_request : 0;
    draw_gap(now);
    choice.memory = resident_memory();
}

void Sampler::end(const Finished& finished) {
    if (!is_on()) {
        return;
    }
    const std::uint64_t duration =
        finished.until > finished.since ? finished.until - finished.since : 0;
    std::atomic_ref{busy_}.fetch_add(duration, std::memory_order_relaxed);
    const bool chosen = finished.choice.weight != 0;
    if (!chosen && duration < request::k_slow_request) {
        return;
    }
    Pending measured{.choice = finished.choice, .duration = duration, .method = {}, .uri = {}};
    copy(measured.method, finished.method);
    copy(measured.uri, finished.uri);
    if (!chosen) {
        measured.choice.weight = 1;
        push(measured, 0, 0);
        return;
    }
    const TryLock lock{lock_};
    if (lock.held()) {
        complete(); // of another thread, or none has come to settle() since
        pending_ = measured;
        std::atomic_ref{waits_}.store(1, std::memory_order_release);
    }
}

bool Sampler::waits() const {
    return __atomic_load_n(&waits_, __ATOMIC_ACQUIRE) != 0;
}

void Sampler::settle() {
    if (!waits()) {
        return;
    }
    const TryLock lock{lock_};
    if (lock.held()) {
        complete();
    }
}

// Under the lock.
void Sampler::complete() {
    if (std::atomic_ref{waits_}.exchange(0) == 0) {
        return;
    }
    const std::uint64_t before = pending_.choice.memory;
    const std::uint64_t after = before == 0 ? 0 : resident_memory();
    const std::uint32_t known =
        after == 0 ? 0 : request::k_memory_known | row_ << request::k_row_shift | level_of(after);
    push(pending_, known == 0 ? 0 : static_cast<std::int64_t>(after - before),
         pending_.choice.flags | known);
}

// A writer that is killed in the middle leaves a place that readers pass over.
void Sampler::push(const Pending& measured, std::int64_t growth, std::uint32_t flags) {
    const std::uint64_t number = std::atomic_ref{ring_->next}.fetch_add(1);
    Measured& place = ring_->places[number % request::k_ring_places];
    std::atomic_ref sequence{place.sequence};
    sequence.store(2 * number + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    place.duration = measured.duration;
    place.growth = growth;
    place.weight = measured.choice.weight;
    place.flags = flags;
    std::memcpy(place.method, measured.method, sizeof place.method);
    std::memcpy(place.uri, measured.uri, sizeof place.uri);
    sequence.store(2 * number + 2, std::memory_order_release);
}

} // namespace recycler::recorder
