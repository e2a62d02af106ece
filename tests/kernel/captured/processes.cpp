// SPDX-License-Identifier: MIT
// Other processes, other programs, and code of its own.
#include "recycler/base/unique_fd.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace recycler::captured {

namespace {

int execute() {
    char name[] = "true";
    char* words[] = {name, nullptr};
    return error_of(::execve("/bin/true", words, words + 1));
}

int start_in_namespace(unsigned long flag) {
    const long child = ::syscall(SYS_clone, flag | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) {
        ::_exit(0);
    }
    return child < 0 ? errno : error_of(::waitpid(static_cast<pid_t>(child), nullptr, 0));
}

// Where nothing can be: the kernel asks for the right before it looks.
int write_into(pid_t pid) {
    char byte = 0;
    const iovec here{.iov_base = &byte, .iov_len = 1};
    const iovec there{.iov_base = nullptr, .iov_len = 1};
    return error_of(::process_vm_writev(pid, &here, 1, &there, 1, 0));
}

int limit(pid_t pid) {
    rlimit files{};
    return ::prlimit(pid, RLIMIT_NOFILE, nullptr, &files) != 0
               ? errno
               : error_of(::prlimit(pid, RLIMIT_NOFILE, &files, nullptr));
}

int leave_for(pid_t pid) {
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    return error_of(::setns(pidfd.get(), CLONE_NEWNS));
}

int map(int protection) {
    void* const at = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

int execute_what_it_wrote() {
    void* const at =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<char*>(at) = 1;
    return error_of(::mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

#ifdef __x86_64__
// getpid() as a program of 32 bits calls it, whose numbers are others.
int call_as_32_bits() {
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // a core would take longer than a watchdog waits
    long result = 20;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result > 0 ? 0 : static_cast<int>(-result);
}
#endif

} // namespace

void add_processes(std::vector<Attempt>& all) {
    const auto add = [&all](const char* name, std::function<int(const Scene&)> deed) {
        all.push_back({name, EPERM, std::move(deed)});
    };
    add("execute a program", [](const Scene&) { return execute(); });
    add("trace a process", [](const Scene& scene) {
        return error_of(::ptrace(PTRACE_SEIZE, scene.victim, nullptr, nullptr));
    });
    all.push_back({"write into a process", EPERM,
                   [](const Scene& scene) { return write_into(scene.victim); }});
    add("limit a process", [](const Scene& scene) { return limit(scene.victim); });
    add("have others come before a process", [](const Scene& scene) {
        return error_of(::setpriority(PRIO_PROCESS, static_cast<id_t>(scene.victim), 19));
    });
    add("be root in a user namespace",
        [](const Scene&) { return start_in_namespace(CLONE_NEWUSER); });
    add("have mounts of its own", [](const Scene&) { return start_in_namespace(CLONE_NEWNS); });
    add("leave for a user namespace",
        [](const Scene&) { return error_of(::unshare(CLONE_NEWUSER)); });
    add("leave for the mounts of a process",
        [](const Scene& scene) { return leave_for(scene.victim); });
    add("have memory to write and execute",
        [](const Scene&) { return map(PROT_READ | PROT_WRITE | PROT_EXEC); });
    add("execute what it wrote", [](const Scene&) { return execute_what_it_wrote(); });
    add("have all memory executable",
        [](const Scene&) { return error_of(::personality(READ_IMPLIES_EXEC)); });
    add("raise its limits", [](const Scene&) {
        rlimit files{};
        (void)::getrlimit(RLIMIT_NOFILE, &files);
        return error_of(::setrlimit(RLIMIT_NOFILE, &files));
    });
#ifdef __x86_64__
    all.push_back({"call by the numbers of 32 bits", -SIGSYS,
                   [](const Scene&) { return call_as_32_bits(); }});
#endif
}

} // namespace recycler::captured
