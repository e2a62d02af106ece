// SPDX-License-Identifier: MIT
#include "recycler/controller/rights/calls.hpp"

#include "recycler/worker/look/exit_look.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace recycler::controller {

namespace {

using confine::CallRule;
using confine::Condition;
using confine::has_none_of;
using confine::is;
using confine::Outcome;

// On each machine those that it has. What reaches other processes is on the list for a purpose:
// pidfd_send_signal ends workers, process_vm_readv reads what they wait for; kill and clone are for
// the children that read the history.
constexpr const char* k_run[] = {
    // files and folders, which the view bounds (recycler/confine/view.hpp)
    "close", "close_range", "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64",
    "pwritev", "lseek", "_llseek", "fstat", "fstat64", "newfstatat", "fstatat64", "stat", "stat64",
    "lstat", "lstat64", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "rmdir",
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "fchownat", "fchown",
    "chown", "lchown", "umask", "ftruncate", "ftruncate64", "fsync", "fdatasync", "fallocate",
    "copy_file_range", "sendfile", "sendfile64", "getxattr", "fgetxattr", "lgetxattr", "flock",
    "fcntl", "fcntl64", "dup", "dup2", "dup3", "pipe", "pipe2", "fadvise64", "getcwd", "chdir",
    "utimensat", "memfd_create", "inotify_init", "inotify_init1", "inotify_add_watch",
    "inotify_rm_watch",
    // sockets that there are
    "accept", "accept4", "bind", "connect", "listen", "shutdown", "getsockname", "getpeername",
    "getsockopt", "setsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom", "socketpair",
    // waiting
    "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "eventfd", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_settime64",
    "timerfd_gettime", "timerfd_gettime64", "signalfd", "signalfd4", "pause", "nanosleep",
    "clock_nanosleep", "clock_nanosleep_time64", "restart_syscall",
    // workers
    "pidfd_open", "pidfd_send_signal", "process_vm_readv",
    // children that read, and what they give up
    "fork", "vfork", "wait4", "waitid", "kill", "getpriority", "seccomp", "capset",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "setsid",
    // memory
    "brk", "munmap", "mremap", "madvise", "mincore", "msync", "mlock", "membarrier",
    // time, and what a process is told about itself and the machine
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
    "time", "getpid", "gettid", "getppid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid",
    "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getuid32", "geteuid32", "getgid32",
    "getegid32", "getresuid32", "getresgid32", "getgroups32", "capget", "getrandom", "uname",
    "sysinfo", "getrlimit", "ugetrlimit", "getrusage", "times", "sched_getaffinity", "getcpu",
    // the C library's own
    "futex", "futex_time64", "rseq", "sched_yield", "set_robust_list", "get_robust_list",
    "set_tid_address", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigreturn", "sigreturn", "sigaltstack", "tgkill", "arch_prctl", "exit", "exit_group"};

// The C library asks for these first, and then for older ones: their arguments cannot be seen.
constexpr const char* k_not_there[] = {"openat2", "clone3", "fchmodat2"};

void add(std::vector<CallRule>& rules, const char* name, std::vector<Condition> conditions) {
    rules.push_back({.name = name, .conditions = std::move(conditions)});
}

// Names of workers are looked up in the user database, whose modules are loaded; no memory that was
// written to becomes executable.
void add_memory(std::vector<CallRule>& rules) {
    for (const char* map : {"mmap", "mmap2"}) {
        add(rules, map, {has_none_of(2, PROT_EXEC)});
        add(rules, map, {has_none_of(2, PROT_WRITE)});
    }
    add(rules, "mprotect", {has_none_of(2, PROT_EXEC)});
}

// The view is not what a worker sees of a folder: no file that runs as root for whoever starts it.
void add_files(std::vector<CallRule>& rules) {
    constexpr std::uint32_t k_makes = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
    const struct {
        const char* name;
        unsigned mode; // the number of this argument
    } with_mode[] = {{"open", 2},    {"openat", 3}, {"creat", 1},  {"mkdir", 1},
                     {"mkdirat", 2}, {"chmod", 1},  {"fchmod", 1}, {"fchmodat", 2}};
    for (const auto& call : with_mode) {
        add(rules, call.name, {has_none_of(call.mode, S_ISUID | S_ISGID)});
    }
    add(rules, "open", {has_none_of(1, k_makes)}); // whose mode is whatever the register held
    add(rules, "openat", {has_none_of(2, k_makes)});
}

// In a namespace of its own a child would have all capabilities over it; a sibling is not ours.
void add_processes(std::vector<CallRule>& rules) {
    add(rules, "clone",
        {has_none_of(0, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                            CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PARENT | CLONE_PTRACE)});
    add(rules, "setpriority", {is(0, PRIO_PROCESS), is(1, 0)});
}

// Streams and datagrams alone: to the others CAP_NET_RAW opens the packets of the whole machine.
// Descriptors come from the keeper alone: by a folder that a worker has opened and sent, a
// controller would leave its view.
void add_sockets(std::vector<CallRule>& rules, const Fetches& fetches) {
    constexpr std::uint32_t k_type = 0xf; // SOCK_TYPE_MASK of the kernel
    for (const std::uint32_t family : {AF_UNIX, AF_INET, AF_INET6}) {
        for (const std::uint64_t type : {SOCK_STREAM, SOCK_DGRAM}) {
            add(rules, "socket", {is(0, family), {.argument = 1, .mask = k_type, .value = type}});
        }
    }
    if (fetches.from_keeper >= 0) {
        add(rules, "recvmsg", {is(0, static_cast<std::uint32_t>(fetches.from_keeper))});
    }
    if (fetches.counters) {
        add(rules, "pidfd_getfd", {});
    }
    constexpr std::uint32_t k_route = NETLINK_ROUTE; // for modules of the user database
    for (const std::uint32_t protocol : {std::uint32_t{NETLINK_SOCK_DIAG}, k_route}) {
        add(rules, "socket", {is(0, AF_NETLINK), is(2, protocol)});
    }
}

void add_options(std::vector<CallRule>& rules) {
    add(rules, "prlimit64", {{.argument = 2, .mask = ~std::uint64_t{0}, .value = 0}}); // asks
    for (const std::uint32_t resource : {RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_CORE}) {
        add(rules, "setrlimit", {is(0, resource)});
        add(rules, "prlimit64", {is(0, 0), is(1, resource)});
    }
    for (const std::uint32_t option :
         {PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_GET_DUMPABLE, PR_CAP_AMBIENT,
          PR_CAPBSET_READ, PR_SET_NAME, PR_GET_NAME}) {
        add(rules, "prctl", {is(0, option)});
    }
    for (const std::uint32_t request : {TCGETS, FIONREAD, TIOCOUTQ, FIONBIO, FIOCLEX}) {
        add(rules, "ioctl", {is(1, request)});
    }
    add(rules, "ioctl", {is(1, worker::k_ask_for_exit)});
}

} // namespace

std::vector<CallRule> controller_calls(const Fetches& fetches) {
    std::vector<CallRule> rules;
    for (const char* name : k_run) {
        rules.push_back({.name = name});
    }
    add_memory(rules);
    add_files(rules);
    add_processes(rules);
    add_sockets(rules, fetches);
    add_options(rules);
    for (const char* name : k_not_there) {
        rules.push_back({.name = name, .outcome = Outcome::not_there});
    }
    return rules;
}

} // namespace recycler::controller
