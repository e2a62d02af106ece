// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/tracefs.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

UniqueFd open_folder(const char* path) {
    return UniqueFd(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

UniqueFd open_own() {
    const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC)));
    if (!context ||
        ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        return UniqueFd();
    }
    constexpr unsigned k_to_read =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    return UniqueFd(
        static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, k_to_read)));
}

} // namespace

UniqueFd open_tracefs(TracefsPlace place) noexcept {
    switch (place) {
    case TracefsPlace::tracing:
        return open_folder("/sys/kernel/tracing");
    case TracefsPlace::debug:
        return open_folder("/sys/kernel/debug/tracing");
    case TracefsPlace::own:
        break;
    }
    return open_own();
}

Error no_tracefs(int error) {
    if (error == ENOENT) {
        return Error{0, "the kernel was built without the tracepoints that this needs"};
    }
    return Error{0, "no tracefs can be read, neither at /sys/kernel/tracing nor one of the "
                    "daemon's own (fsopen(2): " +
                        std::string(std::strerror(error)) + ")"};
}

} // namespace recycler::worker
