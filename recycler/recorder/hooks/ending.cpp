// SPDX-License-Identifier: MIT
// The calls that end descriptors, or the process.
#include "recycler/recorder/hooks/hook.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/process.hpp"

#include <cerrno>
#include <cstdarg>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

template <typename Call>
auto record_close(int fd, Call call) -> decltype(call()) {
    switch (process.close_instead(fd)) {
    case Closing::rests:
        return 0;
    case Closing::not_open:
        errno = EBADF;
        return -1;
    case Closing::as_asked:
        break;
    }
    process.closing(fd);
    return call();
}

} // namespace
} // namespace recycler::recorder

using namespace recycler::recorder;

RECORDER_HOOK int close(int fd) {
    return record_close(fd, [fd] { return next_calls.close(fd); });
}

// libuv, and Node.js with it, closes what it has accepted by the number of the call.
RECORDER_HOOK long syscall(long number, ...) noexcept {
    long a[6];
    va_list given;
    va_start(given, number);
    for (long& each : a) {
        each = va_arg(given, long); // as libc reads them: six, whatever was given
    }
    va_end(given);
    if (number == SYS_close) {
        return record_close(static_cast<int>(a[0]), [&a] {
            return next_calls.syscall(SYS_close, a[0], a[1], a[2], a[3], a[4], a[5]);
        });
    }
    return next_calls.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Without what exit() does. libc's own exit() does not come by here.
// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
RECORDER_HOOK void _exit(int status) {
    process.exiting(status);
    for (;;) {
        (void)next_calls.syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
    }
}

RECORDER_HOOK int dup2(int from, int to) noexcept {
    if (from != to) {
        process.closing(to);
    }
    return next_calls.dup2(from, to);
}

RECORDER_HOOK int dup3(int from, int to, int flags) noexcept {
    if (from != to) {
        process.closing(to);
    }
    return next_calls.dup3(from, to, flags);
}

RECORDER_HOOK int close_range(unsigned first, unsigned last, int flags) noexcept {
    if ((static_cast<unsigned>(flags) & CLOSE_RANGE_CLOEXEC) == 0) {
        process.closing_range(first, last);
    }
    return next_calls.close_range(first, last, flags);
}

RECORDER_HOOK int shutdown(int fd, int how) noexcept {
    return process.is_parting(fd) ? 0 : next_calls.shutdown(fd, how);
}
