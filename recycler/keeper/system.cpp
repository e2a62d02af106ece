#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <poll.h>
#include <unistd.h>

namespace recycler::keeper {

MonoTime now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return MonoTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

std::int64_t as_wire(MonoTime time) {
    return time.time_since_epoch().count();
}

void say(const char* format, ...) {
    std::array<char, 400> line; // below PIPE_BUF: a pipe that is ready takes it whole
    constexpr std::size_t most = line.size() - 1;
    const auto cut = [](int size) {
        return std::min(static_cast<std::size_t>(std::max(size, 0)), most - 1);
    };
    std::size_t size = cut(std::snprintf(line.data(), most, "recyclerd: "));
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
