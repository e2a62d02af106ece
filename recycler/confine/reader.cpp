// SPDX-License-Identifier: MIT
#include "recycler/confine/reader.hpp"

#include "recycler/confine/readable.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/capability.h>
#include <memory>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace recycler::confine {

namespace {

constexpr std::uint32_t k_opens_to_write =
    O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

// Of libsystemd, of what it unpacks entries with, and of the C library; on each machine those that
// it has.
constexpr const char* k_run[] = {
    // files that are open, and folders
    "read", "readv", "pread64", "preadv", "close", "lseek", "_llseek", "fstat", "fstat64",
    "newfstatat", "fstatat64", "stat", "stat64", "lstat", "lstat64", "statx", "statfs", "statfs64",
    "fstatfs", "fstatfs64", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
    "getdents", "getdents64", "fadvise64", "fadvise64_64", "arm_fadvise64_64", "readahead", "dup",
    // waiting for what is still to come
    "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "poll", "ppoll",
    "ppoll_time64", "pause", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64",
    "restart_syscall",
    // memory
    "brk", "munmap", "mremap", "madvise", "mincore", "msync",
    // time, and what a process is told about itself
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
    "time", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getuid32",
    "geteuid32", "getgid32", "getegid32", "getrandom", "uname", "sysinfo", "getrlimit",
    "ugetrlimit", "sched_getaffinity", "getcpu",
    // the C library's own
    "futex", "futex_time64", "membarrier", "rseq", "sched_yield", "set_robust_list", "rt_sigaction",
    "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "exit", "exit_group"};

// The C library asks for these first, and then for older ones.
constexpr const char* k_not_there[] = {"openat2", "clone3", "fchmodat2"};

// No reader makes these by mistake: one that does so is not ours any more. Whatever else is not on
// the list fails.
constexpr const char* k_end_it[] = {"execve",
                                    "execveat",
                                    "fork",
                                    "vfork",
                                    "clone",
                                    "ptrace",
                                    "process_vm_readv",
                                    "process_vm_writev",
                                    "process_madvise",
                                    "kill",
                                    "tkill",
                                    "rt_sigqueueinfo",
                                    "rt_tgsigqueueinfo",
                                    "pidfd_open",
                                    "pidfd_getfd",
                                    "pidfd_send_signal",
                                    "socket",
                                    "socketpair",
                                    "socketcall",
                                    "connect",
                                    "bind",
                                    "listen",
                                    "mount",
                                    "umount",
                                    "umount2",
                                    "move_mount",
                                    "open_tree",
                                    "fsopen",
                                    "fsmount",
                                    "fsconfig",
                                    "fspick",
                                    "mount_setattr",
                                    "pivot_root",
                                    "chroot",
                                    "unshare",
                                    "setns",
                                    "setuid",
                                    "setgid",
                                    "setreuid",
                                    "setregid",
                                    "setresuid",
                                    "setresgid",
                                    "setgroups",
                                    "setfsuid",
                                    "setfsgid",
                                    "setuid32",
                                    "setgid32",
                                    "setreuid32",
                                    "setregid32",
                                    "setresuid32",
                                    "setresgid32",
                                    "setgroups32",
                                    "setfsuid32",
                                    "setfsgid32",
                                    "capset",
                                    "prctl",
                                    "seccomp",
                                    "bpf",
                                    "perf_event_open",
                                    "io_uring_setup",
                                    "io_uring_enter",
                                    "io_uring_register",
                                    "userfaultfd",
                                    "init_module",
                                    "finit_module",
                                    "delete_module",
                                    "kexec_load",
                                    "kexec_file_load",
                                    "reboot",
                                    "keyctl",
                                    "add_key",
                                    "request_key",
                                    "open_by_handle_at",
                                    "memfd_create",
                                    "process_mrelease"};

void add(std::vector<CallRule>& rules, const char* name, std::vector<Condition> conditions) {
    rules.push_back({.name = name, .conditions = std::move(conditions)});
}

// Those of which only some uses are a reader's.
void add_bounded(std::vector<CallRule>& rules) {
#ifdef RECYCLER_SANITIZED
    // UBSan learns from a pipe of its own whether an object's memory can be read.
    for (const char* name : {"pipe", "pipe2", "write"}) {
        add(rules, name, {});
    }
#else
    add(rules, "write", {is(0, STDOUT_FILENO)});
#endif
    add(rules, "open", {has_none_of(1, k_opens_to_write)});
    add(rules, "openat", {has_none_of(2, k_opens_to_write)});
    for (const char* map : {"mmap", "mmap2"}) {
        add(rules, map, {has_none_of(2, PROT_EXEC)});
        add(rules, map, {has_none_of(2, PROT_WRITE)}); // a library that unpacks entries is loaded
    }
    add(rules, "mprotect", {has_none_of(2, PROT_EXEC)});
    // F_SETOWN with O_ASYNC would have the kernel send signals.
    for (const char* fcntl : {"fcntl", "fcntl64"}) {
        for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC}) {
            add(rules, fcntl, {is(1, static_cast<std::uint32_t>(command))});
        }
        add(rules, fcntl, {is(1, F_SETFL), has_none_of(2, O_ASYNC)});
    }
    add(rules, "prlimit64", {{.argument = 2, .mask = ~std::uint64_t{0}, .value = 0}}); // asks only
}

Error failed(const char* what) {
    return Error{errno, what};
}

Result<void> drop_all_capabilities() {
    // Kernels before 4.3 say EINVAL and have none.
    (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct form{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return ::syscall(SYS_capset, &form, none.data()) < 0 ? failed("drop all capabilities")
                                                         : Result<void>();
}

Result<void> get_nothing_more() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return failed("set no_new_privs");
    }
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
        return failed("keep others out of its memory");
    }
    constexpr rlimit none{};
    if (::setrlimit(RLIMIT_NPROC, &none) < 0 || ::setrlimit(RLIMIT_FSIZE, &none) < 0 ||
        ::setrlimit(RLIMIT_CORE, &none) < 0) {
        return failed("limit itself");
    }
    return {};
}

// A kernel that was built without it does not keep the daemon from reading its own history.
Result<void> unless_missing(Result<void> done) {
    const int error = done ? 0 : done.error().code;
    const bool missing = error == ENOSYS || error == EOPNOTSUPP;
    return missing ? Result<void>() : std::move(done);
}

Result<void> give_up(const std::vector<std::string>& readable, const Result<CallList>& calls) {
    if (!calls) {
        return calls.error();
    }
    if (auto bounded = get_nothing_more(); !bounded) {
        return bounded;
    }
    // While it still may look at each of the paths.
    if (auto bounded = unless_missing(open_only_to_read(readable)); !bounded) {
        return bounded;
    }
    if (auto dropped = drop_all_capabilities(); !dropped) {
        return dropped;
    }
    return unless_missing(calls->install());
}

} // namespace

std::vector<CallRule> reader_calls() {
    std::vector<CallRule> rules;
    for (const char* name : k_run) {
        add(rules, name, {});
    }
    add_bounded(rules);
    for (const char* name : k_not_there) {
        rules.push_back({.name = name, .outcome = Outcome::not_there});
    }
    for (const char* name : k_end_it) {
        rules.push_back({.name = name, .outcome = Outcome::ends_process});
    }
    return rules;
}

// The list is made here, in the parent: once for all of its children.
std::function<Result<void>()> reader(std::vector<std::string> readable) {
    auto calls = std::make_shared<const Result<CallList>>(
        CallList::compile(reader_calls(), Outcome::not_permitted));
    return [readable = std::move(readable), calls = std::move(calls)] {
        return give_up(readable, *calls);
    };
}

} // namespace recycler::confine
