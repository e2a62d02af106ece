// SPDX-License-Identifier: MIT
// Files by descriptors that somebody has opened: before, elsewhere, or for it.
#include "recycler/base/unique_fd.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace recycler::captured {

namespace {

constexpr const char* k_in_etc = "etc/recycler-captured";

// By each folder that is open, up to the root of all and down again. `also`: there is one at least.
int climb(const Scene& scene) {
    const UniqueFd also(::open("/", O_PATH | O_CLOEXEC));
    int best = EBADF;
    for (const int fd : open_descriptors(scene.captured)) {
        struct stat file {};
        if (::fstat(fd, &file) == 0 && S_ISDIR(file.st_mode)) {
            const int done = make_file(fd, std::string("../../../../../../../../../") + k_in_etc);
            best = best == 0 || done == 0 ? 0 : done;
        }
    }
    const int done = make_file(also.get(), k_in_etc);
    return best == 0 || done == 0 ? 0 : best == EBADF ? done : best;
}

int fetch(const Scene& scene, int number, const std::function<int(int)>& use) {
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, scene.victim, 0)));
    const UniqueFd fetched(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), number, 0)));
    return fetched ? use(fetched.get()) : errno;
}

UniqueFd connect_to_accomplice(const Scene& scene) {
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
    scene.accomplice.copy(name.sun_path + 1,
                          sizeof name.sun_path - 2); // abstract: it begins with 0
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + scene.accomplice.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0) {
        ::_exit(errno);
    }
    return socket;
}

// The other calls that receive leave descriptors out.
int receive_root(int socket) {
    char byte = 0;
    iovec bytes{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    mmsghdr message{};
    message.msg_hdr.msg_iov = &bytes;
    message.msg_hdr.msg_iovlen = 1;
    message.msg_hdr.msg_control = control.data();
    message.msg_hdr.msg_controllen = control.size();
    if (::recvmmsg(socket, &message, 1, 0, nullptr) < 0 &&
        ::recvmsg(socket, &message.msg_hdr, 0) < 0) {
        return errno;
    }
    int root = -1;
    const cmsghdr* const part = CMSG_FIRSTHDR(&message.msg_hdr);
    if (part == nullptr) {
        return ENODATA;
    }
    std::memcpy(&root, CMSG_DATA(part), sizeof root);
    return make_file(root, k_in_etc);
}

// The number that may receive is that of the link to the keeper, the highest of all.
int receive_root_in_place_of_link(const Scene& scene) {
    const UniqueFd socket = connect_to_accomplice(scene);
    const auto open = open_descriptors(scene.captured);
    const int link = open.empty() ? 0 : *std::ranges::max_element(open);
    rlimit limit{};
    (void)::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    (void)::close(link);
    return ::dup2(socket.get(), link) < 0 ? errno : receive_root(link);
}

int execute_memory() {
    const UniqueFd file(::memfd_create("x", MFD_CLOEXEC));
    const UniqueFd program(::open("/bin/true", O_RDONLY | O_CLOEXEC));
    while (::sendfile(file.get(), program.get(), nullptr, 1 << 20) > 0) {
    }
    char name[] = "true";
    char* words[] = {name, nullptr};
    return error_of(::syscall(SYS_execveat, file.get(), "", words, words + 1, AT_EMPTY_PATH));
}

} // namespace

std::vector<int> open_descriptors(pid_t pid) {
    std::vector<int> found;
    DIR* const folder = ::opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
    while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder)) {
        if (entry->d_name[0] != '.') {
            found.push_back(std::atoi(entry->d_name));
        }
    }
    return found;
}

void add_descriptors(std::vector<Attempt>& all) {
    all.push_back({"up from each folder that is open", EROFS, climb});
    all.push_back({"a folder fetched from a process", EPERM, [](const Scene& scene) {
                       return fetch(scene, scene.victims_root,
                                    [](int root) { return make_file(root, k_in_etc); });
                   }});
    all.push_back({"a file fetched from a process", EPERM, [](const Scene& scene) {
                       return fetch(scene, scene.victims_file,
                                    [](int file) { return error_of(::write(file, "x", 1)); });
                   }});
    all.push_back({"a folder sent by an accomplice", EPERM, [](const Scene& scene) {
                       return receive_root(connect_to_accomplice(scene).get());
                   }});
    all.push_back({"a folder sent by an accomplice to the number of the link", EBADF,
                   receive_root_in_place_of_link});
    all.push_back({"a file by its handle", EPERM, [](const Scene&) {
                       return error_of(::syscall(SYS_open_by_handle_at, -1, nullptr, O_RDONLY));
                   }});
    all.push_back({"a program in memory", EPERM, [](const Scene&) { return execute_memory(); }});
}

} // namespace recycler::captured
