// SPDX-License-Identifier: MIT
// What code that has taken a child of root over would try first.
#include "tests/kernel/confine/scene.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace recycler::confine {

namespace {

using Attempts = std::vector<Attempt>;

constexpr int k_ended = -SIGSYS;

int open_and_read(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    return file ? error_of(::read(file.get(), &byte, 1)) : errno;
}

int opened(const std::string& path, int flags) {
    return error_of(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

int open_the_new_way(const std::string& path) {
    open_how how{};
    how.flags = O_RDONLY;
    return error_of(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how));
}

int fork_once() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    return error_of(::waitpid(child, nullptr, 0));
}

int execute() {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    return error_of(::execve("/bin/true", arguments, environment));
}

int start_thread() {
    pthread_t thread{};
    const auto nothing = [](void*) -> void* { return nullptr; };
    const int error = ::pthread_create(&thread, nullptr, nothing, nullptr);
    return error != 0 ? error : ::pthread_join(thread, nullptr);
}

int read_memory_of(pid_t pid) {
    static const std::uint64_t there = 7; // where it is here as well, the victim has been forked
    std::uint64_t here = 0;
    const iovec to{.iov_base = &here, .iov_len = sizeof here};
    const iovec from{.iov_base = const_cast<std::uint64_t*>(&there), .iov_len = sizeof there};
    return error_of(::process_vm_readv(pid, &to, 1, &from, 1, 0));
}

int map(int protection) {
    void* at = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

int make_executable() {
    void* at = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return error_of(::mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

int limit(pid_t pid) {
    rlimit files{};
    return ::prlimit(pid, RLIMIT_NOFILE, nullptr, &files) < 0
               ? errno
               : error_of(::prlimit(pid, RLIMIT_NOFILE, &files, nullptr));
}

int mount_over(const Scene& scene) {
    const std::string folder = scene.readable().front();
    return error_of(::mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr));
}

void add_files(Attempts& all) {
    const auto add = [&](const char* name, int refused, std::function<int(const Scene&)> deed) {
        all.push_back({name, refused, std::move(deed)});
    };
    add("read a file of another user", EACCES,
        [](const Scene& scene) { return open_and_read(scene.theirs()); });
    add("read a file of root that is not on the list", EACCES,
        [](const Scene& scene) { return open_and_read(scene.outside()); });
    add("read the environment of another process", EACCES, [](const Scene& scene) {
        return open_and_read("/proc/" + std::to_string(scene.victim()) + "/environ");
    });
    add("open the memory of another process", EACCES, [](const Scene& scene) {
        return opened("/proc/" + std::to_string(scene.victim()) + "/mem", O_RDONLY);
    });
    add("open to write", EPERM, [](const Scene& scene) { return opened(scene.ours(), O_WRONLY); });
    add("open to read and write", EPERM,
        [](const Scene& scene) { return opened(scene.ours(), O_RDWR); });
    add("cut a file off", EPERM,
        [](const Scene& scene) { return opened(scene.ours(), O_RDONLY | O_TRUNC); });
    add("make a file", EPERM,
        [](const Scene& scene) { return opened(scene.new_file(), O_RDONLY | O_CREAT); });
    add("open by the newer call, whose flags no filter sees", ENOSYS,
        [](const Scene& scene) { return open_the_new_way(scene.ours()); });
    add("change the mode of a file", EPERM,
        [](const Scene& scene) { return error_of(::chmod(scene.ours().c_str(), 0600)); });
    add("rename a file", EPERM, [](const Scene& scene) {
        return error_of(::rename(scene.ours().c_str(), scene.ours().c_str()));
    });
    add("make a folder", EPERM, [](const Scene& scene) {
        return error_of(::mkdir((scene.new_file() + ".d").c_str(), 0700));
    });
#ifndef RECYCLER_SANITIZED
    add("write anywhere but into its answer", EPERM,
        [](const Scene& scene) { return error_of(::write(scene.writable(), "x", 1)); });
#endif
    add("talk to a device", EPERM, [](const Scene& scene) {
        int waiting = 0;
        return error_of(::ioctl(scene.writable(), FIONREAD, &waiting));
    });
}

void add_processes(Attempts& all) {
    const auto add = [&](const char* name, int refused, std::function<int(const Scene&)> deed) {
        all.push_back({name, refused, std::move(deed)});
    };
    add("fork", k_ended, [](const Scene&) { return fork_once(); });
    add("start a thread", k_ended, [](const Scene&) { return start_thread(); });
    add("execute a program", k_ended, [](const Scene&) { return execute(); });
    add("send a signal to the first process", k_ended,
        [](const Scene&) { return error_of(::kill(1, 0)); });
    add("have the kernel send signals", EPERM, [](const Scene& scene) {
        return error_of(::fcntl(scene.writable(), F_SETOWN, scene.victim()));
    });
    add("have the kernel send them at all", EPERM,
        [](const Scene& scene) { return error_of(::fcntl(scene.writable(), F_SETFL, O_ASYNC)); });
    add("trace a process", k_ended, [](const Scene& scene) {
        return error_of(::ptrace(PTRACE_SEIZE, scene.victim(), nullptr, nullptr));
    });
    add("read the memory of a process", k_ended,
        [](const Scene& scene) { return read_memory_of(scene.victim()); });
    add("get hold of a process", k_ended,
        [](const Scene& scene) { return error_of(::syscall(SYS_pidfd_open, scene.victim(), 0)); });
    add("limit another process", EPERM, [](const Scene& scene) { return limit(scene.victim()); });
    add("come before others", EPERM,
        [](const Scene&) { return error_of(::setpriority(PRIO_PROCESS, 0, -5)); });
}

void add_rights(Attempts& all) {
    const auto add = [&](const char* name, int refused, std::function<int(const Scene&)> deed) {
        all.push_back({name, refused, std::move(deed)});
    };
    add("make a socket", k_ended,
        [](const Scene&) { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); });
    add("become another user", k_ended,
        [](const Scene&) { return error_of(::setuid(k_other_user)); });
    add("be looked into", k_ended,
        [](const Scene&) { return error_of(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); });
    add("leave for mounts of its own", k_ended,
        [](const Scene&) { return error_of(::unshare(CLONE_NEWNS)); });
    add("change its root", k_ended, [](const Scene&) { return error_of(::chroot("/")); });
    add("make an anonymous file", k_ended,
        [](const Scene&) { return error_of(::memfd_create("x", MFD_CLOEXEC)); });
    add("have memory that it may write and execute", EPERM,
        [](const Scene&) { return map(PROT_READ | PROT_WRITE | PROT_EXEC); });
    add("execute what it has written", EPERM, [](const Scene&) { return make_executable(); });
    all.push_back({"mount", k_ended, mount_over, leave_for_own_mounts});
}

} // namespace

std::vector<Attempt> attempts() {
    Attempts all;
    add_files(all);
    add_processes(all);
    add_rights(all);
    return all;
}

} // namespace recycler::confine
