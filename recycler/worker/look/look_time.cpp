// SPDX-License-Identifier: MIT
#include "recycler/worker/look/look_time.hpp"

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr std::size_t k_longest_text = std::size_t{4} << 20;
constexpr int k_most_readers = 2;

std::atomic<int> readers{0};

// How often a look that waits for a reader sees what that has used.
constexpr Duration k_glance = std::chrono::milliseconds(10);

// Nothing where the clock is that of a thread that has ended.
std::optional<Duration> now_on(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) {
        return std::nullopt;
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// These two clocks are always there.
MonoTime monotonic_now() {
    return MonoTime(*now_on(CLOCK_MONOTONIC));
}
Duration used_by_this_thread() {
    return *now_on(CLOCK_THREAD_CPUTIME_ID);
}

// Shared with the thread that reads, which may outlast whoever waits for it.
struct Reading {
    std::string path;
    std::mutex mutex;
    std::condition_variable done;
    std::optional<clockid_t> clock; // counts the reader's processor time
    Duration used{0};               // what that clock showed last
    std::optional<Result<std::string>> answer;
};

Result<std::string> read_beginning(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        return Error{errno, "read " + path};
    }
    std::string text;
    std::array<char, 65536> piece; // NOLINT: filled by read()
    while (text.size() < k_longest_text) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0) {
            return Error{errno, "read " + path};
        }
        if (got == 0) {
            break;
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}

void run(const std::shared_ptr<Reading>& reading) {
    clockid_t clock = 0;
    if (::pthread_getcpuclockid(::pthread_self(), &clock) == 0) {
        const std::lock_guard lock(reading->mutex);
        reading->clock = clock;
    }
    auto text = read_beginning(reading->path);
    --readers;
    const std::lock_guard lock(reading->mutex);
    reading->used = used_by_this_thread();
    reading->answer.emplace(std::move(text));
    reading->done.notify_all();
}

// Signals are the loop's.
bool start(const std::shared_ptr<Reading>& reading) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        std::thread(run, reading).detach();
    } catch (const std::system_error&) {
        started = false;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

} // namespace

LookTime::LookTime(Duration most)
    : until_(monotonic_now() + most + k_longest_wait), most_used_(used_by_this_thread() + most) {}

// Nobody has used more of a processor than has passed on the wall, and that clock needs no system
// call: an ordinary look asks for no other.
bool LookTime::is_over() const {
    const MonoTime now = monotonic_now();
    return now >= until_ ||
           (now >= until_ - k_longest_wait && used_by_this_thread() + beside_ >= most_used_);
}

Error LookTime::took_too_long() {
    return {ETIMEDOUT, "look at all threads and descriptors of a worker: that takes longer than "
                       "other workers can wait, because it has very many or the machine is too "
                       "busy"};
}

Result<std::string> LookTime::read(const std::string& path) const {
    const auto reading = std::make_shared<Reading>();
    reading->path = path;
    if (readers.fetch_add(1) >= k_most_readers || !start(reading)) {
        --readers;
        return took_too_long();
    }
    std::unique_lock lock(reading->mutex);
    const Duration before = beside_;
    while (!reading->done.wait_for(lock, k_glance, [&] { return reading->answer.has_value(); })) {
        if (reading->clock) {
            reading->used = now_on(*reading->clock).value_or(reading->used);
        }
        beside_ = before + reading->used;
        if (is_over()) {
            return took_too_long();
        }
    }
    beside_ = before + reading->used;
    return std::move(*reading->answer);
}

} // namespace recycler::worker
