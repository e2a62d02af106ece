// SPDX-License-Identifier: MIT
#include "recycler/worker/look/exit_look.hpp"

#include <cstddef>
#include <cstdint>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

// struct pidfd_info of linux/pidfd.h in its first version, which headers before 6.13 lack.
struct PidfdInfo {
    std::uint64_t mask;
    std::uint64_t cgroup;
    std::uint32_t ids[11];
    std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64 && offsetof(PidfdInfo, exit_code) == 60);

static_assert(k_ask_for_exit == _IOWR(0xff, 11, PidfdInfo));

constexpr std::uint64_t k_exit = 1U << 3; // PIDFD_INFO_EXIT

} // namespace

UniqueFd hold_process(pid_t process) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

std::optional<int> wait_status_of(int process) {
    PidfdInfo info{.mask = k_exit, .cgroup = 0, .ids = {}, .exit_code = 0};
    const bool told = ::ioctl(process, k_ask_for_exit, &info) == 0 && (info.mask & k_exit) != 0;
    return told ? std::optional(static_cast<int>(info.exit_code)) : std::nullopt;
}

} // namespace recycler::worker
