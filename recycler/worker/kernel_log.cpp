#include "recycler/worker/kernel_log.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace recycler::worker {

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
    for (;;) {
        const ssize_t got = ::read(fd_.get(), record.data(), record.size());
        if (got >= 0) {
            take({record.data(), static_cast<std::size_t>(got)});
        } else if (errno == EAGAIN) {
            return {};
        } else if (errno != EPIPE && errno != EINTR) { // EPIPE: overwritten before it was read
            return Error{errno, "read /dev/kmsg"};
        }
    }
}

bool KernelLog::wait(Duration patience) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience);
    pollfd more{fd_.get(), POLLIN, 0};
    return left.count() > 0 && ::poll(&more, 1, static_cast<int>(left.count())) > 0;
}

} // namespace recycler::worker
