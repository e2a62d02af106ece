// SPDX-License-Identifier: MIT
// Files by their paths.
#include "recycler/base/unique_fd.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

namespace recycler::captured {

namespace {

constexpr const char* k_new = "/recycler-captured";

int opened(const std::string& path, int flags) {
    return error_of(UniqueFd(::open(path.c_str(), flags | O_CLOEXEC)).get());
}

std::string of_process(pid_t pid, const std::string& what) {
    return "/proc/" + std::to_string(pid) + "/" + what;
}

// The first disk of the machine.
int open_disk() {
    std::ifstream partitions("/proc/partitions");
    std::string word;
    for (int i = 0; i < 8 && partitions >> word; ++i) { // 4 words of the header, 3 numbers, a name
    }
    return word.empty() ? ENXIO : opened("/dev/" + word, O_RDWR);
}

int find_something_in(const char* folder) {
    DIR* const entries = ::opendir(folder);
    if (entries == nullptr) {
        return errno;
    }
    int count = 0;
    while (::readdir(entries) != nullptr) {
        ++count;
    }
    return count > 2 ? 0 : ENOENT;
}

int make_cgroup(const std::string& folder) {
    const std::string path = folder + k_new;
    return ::mkdir(path.c_str(), 0755) == 0 ? error_of(::rmdir(path.c_str())) : errno;
}

int make_setuid(const std::string& folder, bool later) {
    const std::string path = folder + k_new;
    const mode_t mode = 04755;
    const UniqueFd file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, later ? 0755 : mode));
    const int done = !file ? errno : later ? error_of(::fchmod(file.get(), mode)) : 0;
    (void)::unlink(path.c_str());
    return done;
}

int make_device(const std::string& folder) {
    const std::string path = folder + k_new;
    const int done = error_of(::mknod(path.c_str(), S_IFCHR | 0600, ::makedev(1, 3)));
    (void)::unlink(path.c_str());
    return done;
}

int connect_to(const std::string& path) {
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return error_of(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name));
}

void add_writes(std::vector<Attempt>& all) {
    for (const char* folder : {"/etc", "/usr", "/root", "/tmp", "/run", "/var/lib", "/dev"}) {
        all.push_back({folder, EROFS, [folder](const Scene&) {
                           return make_file(AT_FDCWD, std::string(folder) + k_new);
                       }});
    }
    all.push_back({"the folder of another app", EROFS, [](const Scene& scene) {
                       return make_file(AT_FDCWD, scene.other_app + k_new);
                   }});
    all.push_back({"a cgroup outside of its own", EROFS,
                   [](const Scene& scene) { return make_cgroup(scene.other_cgroup); }});
    all.push_back({"/proc/sys", EROFS,
                   [](const Scene&) { return opened("/proc/sys/kernel/domainname", O_WRONLY); }});
    all.push_back({"/sys", EROFS, [](const Scene&) {
                       return opened("/sys/module/kernel/parameters/panic", O_WRONLY);
                   }});
    all.push_back({"a disk", EACCES, [](const Scene&) { return open_disk(); }});
    all.push_back(
        {"another device", EACCES, [](const Scene&) { return opened("/dev/zero", O_RDWR); }});
    all.push_back(
        {"a setuid file", EPERM, [](const Scene& scene) { return make_setuid(scene.own, false); }});
    all.push_back({"a file made setuid later", EPERM,
                   [](const Scene& scene) { return make_setuid(scene.own, true); }});
    all.push_back({"a device", EPERM, [](const Scene& scene) { return make_device(scene.own); }});
}

void add_processes_files(std::vector<Attempt>& all) {
    all.push_back({"how a process fares when memory is short", EROFS, [](const Scene& scene) {
                       return opened(of_process(scene.victim, "oom_score_adj"), O_WRONLY);
                   }});
    all.push_back({"the memory of a process", EROFS, [](const Scene& scene) {
                       return opened(of_process(scene.victim, "mem"), O_RDWR);
                   }});
    all.push_back({"the memory of the keeper", EROFS, [](const Scene& scene) {
                       return opened(of_process(scene.keeper, "mem"), O_RDWR);
                   }});
    all.push_back({"by the root of a process", ELOOP, [](const Scene& scene) {
                       return make_file(AT_FDCWD, of_process(scene.victim, "root/etc") + k_new);
                   }});
    all.push_back({"by the working directory of a process", ELOOP, [](const Scene& scene) {
                       return make_file(AT_FDCWD, of_process(scene.victim, "cwd") + k_new);
                   }});
    all.push_back({"by an open folder of a process", ELOOP, [](const Scene& scene) {
                       const std::string fd = "fd/" + std::to_string(scene.victims_root);
                       return make_file(AT_FDCWD, of_process(scene.victim, fd) + "/etc" + k_new);
                   }});
    all.push_back({"by an open file of a process", ELOOP, [](const Scene& scene) {
                       const std::string fd = "fd/" + std::to_string(scene.victims_file);
                       return opened(of_process(scene.victim, fd), O_WRONLY);
                   }});
    all.push_back({"by /proc/self", ELOOP,
                   [](const Scene&) { return opened("/proc/self/status", O_RDONLY); }});
    all.push_back({"by its own root and ..", EROFS, [](const Scene& scene) {
                       return make_file(AT_FDCWD,
                                        of_process(scene.captured, "root/../etc") + k_new);
                   }});
}

} // namespace

void add_files(std::vector<Attempt>& all) {
    add_writes(all);
    add_processes_files(all);
    all.push_back({"a file of another user", ENOENT,
                   [](const Scene& scene) { return opened(scene.folder + "/theirs", O_RDONLY); }});
    all.push_back({"the hashes of passwords", EACCES,
                   [](const Scene&) { return opened("/etc/shadow", O_RDONLY); }});
    all.push_back(
        {"the home of root", ENOENT, [](const Scene&) { return find_something_in("/root"); }});
    all.push_back({"the socket of a daemon", ENOENT,
                   [](const Scene& scene) { return connect_to(scene.folder + "/socket"); }});
}

} // namespace recycler::captured
