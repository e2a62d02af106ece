// SPDX-License-Identifier: MIT
#include "recycler/worker/look/look_time.hpp"

#include "recycler/base/unique_fd.hpp"

#include <algorithm>
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
#include <system_error>
#include <thread>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr std::size_t k_longest_text = std::size_t{4} << 20;
constexpr int k_most_readers = 2;

std::atomic<int> readers{0};

MonoTime monotonic_now() {
    timespec time{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &time); // cannot fail with this clock
    return MonoTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

// Shared with the thread that reads, which may outlast whoever waits for it.
struct Reading {
    std::string path;
    std::mutex mutex;
    std::condition_variable done;
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
    auto text = read_beginning(reading->path);
    --readers;
    const std::lock_guard lock(reading->mutex);
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

LookTime::LookTime(Duration most) : until_(monotonic_now() + most) {}

bool LookTime::is_over() const {
    return monotonic_now() >= until_;
}

Error LookTime::took_too_long() {
    return {ETIMEDOUT, "look at all threads and descriptors of a worker: it has so many that other "
                       "workers would have to wait"};
}

Result<std::string> LookTime::read(const std::string& path) const {
    const auto reading = std::make_shared<Reading>();
    reading->path = path;
    if (readers.fetch_add(1) >= k_most_readers || !start(reading)) {
        --readers;
        return took_too_long();
    }
    std::unique_lock lock(reading->mutex);
    const auto left = std::max(until_ - monotonic_now(), Duration::zero());
    if (!reading->done.wait_for(lock, left, [&] { return reading->answer.has_value(); })) {
        return took_too_long();
    }
    return std::move(*reading->answer);
}

} // namespace recycler::worker
