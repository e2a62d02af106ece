// SPDX-License-Identifier: MIT
#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::keeper {

namespace {

// Whether stderr goes to the journal: systemd.exec(5) tells which stream that is.
bool is_read_by_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat file {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &file) < 0) {
        return false;
    }
    std::array<char, 64> ours{};
    (void)std::snprintf(ours.data(), ours.size(), "%llu:%llu",
                        static_cast<unsigned long long>(file.st_dev),
                        static_cast<unsigned long long>(file.st_ino));
    return std::strcmp(stream, ours.data()) == 0;
}

} // namespace

MonoTime now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return MonoTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

Duration processor_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::int64_t as_wire(MonoTime time) {
    return time.time_since_epoch().count();
}

void keep_from_children(void* memory, std::size_t size) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t first = (begin + page - 1) / page * page;
    const std::uintptr_t end = (begin + size) / page * page;
    if (first < end) {
        (void)::madvise(static_cast<std::byte*>(memory) + (first - begin), end - first,
                        MADV_DONTFORK);
    }
}

void say(const char* format, ...) {
    std::array<char, 480> line; // below PIPE_BUF: a pipe that is ready takes it whole
    constexpr std::size_t most = line.size() - 1;
    const auto cut = [](int size) {
        return std::min(static_cast<std::size_t>(std::max(size, 0)), most - 1);
    };
    std::size_t size =
        cut(std::snprintf(line.data(), most, "%srecyclerd: ", is_read_by_journal() ? "<4>" : ""));
    va_list arguments;
    va_start(arguments, format);
    size = cut(static_cast<int>(size) +
               std::vsnprintf(line.data() + size, most - size, format, arguments));
    va_end(arguments);
    line[size++] = '\n';
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0) {
        (void)!::write(STDERR_FILENO, line.data(), size);
    }
}

} // namespace recycler::keeper
