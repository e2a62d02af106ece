// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/kernel_log.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// More than a log of the usual size holds, and some milliseconds' work.
constexpr int k_most_at_once = 20000;

} // namespace

Result<KernelLog> KernelLog::open() {
    UniqueFd fd(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) {
        return Error{errno, "open /dev/kmsg"};
    }
    return KernelLog(std::move(fd));
}

Result<KernelLog> KernelLog::open_at_end() {
    auto log = open();
    if (log && ::lseek(log->fd_.get(), 0, SEEK_END) < 0) {
        return Error{errno, "find the end of /dev/kmsg"};
    }
    return log;
}

Result<void> KernelLog::read_on(const std::function<void(std::string_view)>& take) {
    std::array<char, 8192> record; // the longest that the kernel gives (CONSOLE_EXT_LOG_MAX)
    for (int count = 0; count < k_most_at_once; ++count) {
        const ssize_t got = ::read(fd_.get(), record.data(), record.size());
        if (got >= 0) {
            take({record.data(), static_cast<std::size_t>(got)});
        } else if (errno == EAGAIN) {
            return {};
        } else if (errno != EPIPE && errno != EINTR) { // EPIPE: overwritten before it was read
            return Error{errno, "read /dev/kmsg"};
        }
    }
    return {};
}

} // namespace recycler::worker
