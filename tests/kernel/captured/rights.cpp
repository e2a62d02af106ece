// SPDX-License-Identifier: MIT
// The whole machine: each call with arguments that change nothing. The kernel asks for the right
// before it refuses these.
#include "recycler/base/unique_fd.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace recycler::captured {

namespace {

using Deed = int (*)();

constexpr gid_t k_nobody = 65534;

template <int number, auto... arguments>
int call() {
    return error_of(::syscall(number, arguments...));
}

int get_capability() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> sets{};
    sets[0].permitted = sets[0].effective = 1U << CAP_SYS_ADMIN;
    return error_of(::syscall(SYS_capset, &header, sets.data()));
}

int trace_kernel() {
    perf_event_attr wanted{};
    wanted.size = sizeof wanted;
    wanted.type = PERF_TYPE_SOFTWARE;
    wanted.config = PERF_COUNT_SW_CPU_CLOCK;
    return error_of(::syscall(SYS_perf_event_open, &wanted, -1, 0, -1, 0));
}

// An address of an interface that is not there is removed.
int change_network() {
    struct {
        nlmsghdr header;
        ifaddrmsg address;
    } order{};
    order.header = {.nlmsg_len = sizeof order,
                    .nlmsg_type = RTM_DELADDR,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                    .nlmsg_seq = 1,
                    .nlmsg_pid = 0};
    order.address.ifa_family = AF_INET;
    order.address.ifa_index = 0x7fffffff;
    const UniqueFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_ROUTE));
    struct {
        nlmsghdr header;
        nlmsgerr error;
        char rest[512];
    } answer{};
    if (::send(socket.get(), &order, sizeof order, 0) < 0 ||
        ::recv(socket.get(), &answer, sizeof answer, 0) < 0) {
        return errno;
    }
    return -answer.error.error;
}

int make_socket(int family, int type, int protocol) {
    return error_of(UniqueFd(::socket(family, type | SOCK_CLOEXEC, protocol)).get());
}

constexpr struct {
    const char* name;
    Deed deed;
} k_calls[] = {
    {"mount", [] { return error_of(::mount("none", "/proc/none", "tmpfs", 0, nullptr)); }},
    {"umount", [] { return error_of(::umount2("/proc/version", 0)); }},
    {"move_mount", [] { return error_of(::syscall(SYS_move_mount, -1, "", -1, "", ~0U)); }},
    {"mount_setattr", [] { return error_of(::syscall(SYS_mount_setattr, -1, "", ~0U, 0, 0)); }},
    {"open_tree",
     [] { return error_of(::syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE)); }},
    {"fsopen", [] { return error_of(::syscall(SYS_fsopen, "tmpfs", 0)); }},
    {"pivot_root", [] { return error_of(::syscall(SYS_pivot_root, "/none", "/none")); }},
    {"chroot", [] { return error_of(::chroot("/proc/version")); }},
    {"init_module", call<SYS_init_module, 0, 0, 0>},
    {"finit_module", call<SYS_finit_module, -1, 0, ~0>},
    {"delete_module",
     [] { return error_of(::syscall(SYS_delete_module, "recycler_none", O_NONBLOCK)); }},
    {"kexec_load", call<SYS_kexec_load, 0, 0, 0, 0x7ff0>},
    {"bpf", call<SYS_bpf, 99999, 0, 0>},
    {"perf_event_open", trace_kernel},
    {"io_uring_setup", call<SYS_io_uring_setup, 1, 0>},
    {"userfaultfd", call<SYS_userfaultfd, O_CLOEXEC>},
    {"keyctl", call<SYS_keyctl, 0, -3, 0>},
    {"add_key", [] { return error_of(::syscall(SYS_add_key, "user", "recycler", "x", 1, -1)); }},
    {"reboot", call<SYS_reboot, 0, 0, 0, 0>},
    {"sethostname", call<SYS_sethostname, 0, 1000000>},
    {"settimeofday",
     [] {
         const timeval wrong{.tv_sec = 0, .tv_usec = -1};
         return error_of(::syscall(SYS_settimeofday, &wrong, nullptr));
     }},
    {"swapon", [] { return error_of(::syscall(SYS_swapon, "/proc/none", 0)); }},
    {"setuid", call<SYS_setuid, k_nobody>},
    {"setgid", call<SYS_setgid, k_nobody>},
    {"setresuid", call<SYS_setresuid, 0, k_nobody, 0>},
    {"setgroups", call<SYS_setgroups, 0, 0>},
    {"capset", get_capability},
    {"prctl", [] { return error_of(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); }},
    {"the packets of the machine", [] { return make_socket(AF_PACKET, SOCK_RAW, 0); }},
    {"the packets of the machine, as it was once asked",
     [] { return make_socket(AF_INET, SOCK_PACKET, 0); }},
    {"a raw socket", [] { return make_socket(AF_INET, SOCK_RAW, IPPROTO_TCP); }},
    {"the kernel's audit", [] { return make_socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT); }},
    {"the network", change_network},
};

} // namespace

void add_rights(std::vector<Attempt>& all) {
    for (const auto& [name, deed] : k_calls) {
        all.push_back({name, EPERM, [deed](const Scene&) { return deed(); }});
    }
    all.push_back({"openat2", ENOSYS, [](const Scene&) {
                       return error_of(::syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0));
                   }});
}

} // namespace recycler::captured
