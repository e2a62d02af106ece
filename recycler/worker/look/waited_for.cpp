// SPDX-License-Identifier: MIT
#include "recycler/worker/look/waited_for.hpp"

#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/tcp_ends.hpp"
#include "recycler/worker/look/syscall_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

constexpr std::size_t k_most = 4; // a person reads it

std::string folder_of(pid_t process) {
    return "/proc/" + std::to_string(process) + "/";
}

// Those whose first argument is a descriptor, and that may sleep for as long as its other end
// wants.
bool waits_on_descriptor(long call) {
    constexpr std::array calls{SYS_read,    SYS_write,   SYS_readv,    SYS_writev, SYS_pread64,
                               SYS_connect, SYS_accept,  SYS_accept4,  SYS_sendto, SYS_recvfrom,
                               SYS_sendmsg, SYS_recvmsg, SYS_pwrite64, SYS_flock,  SYS_fsync,
                               SYS_ioctl,   SYS_fcntl,   SYS_fdatasync};
    return std::ranges::find(calls, call) != calls.end();
}

// As much of the process's memory as can be read there.
template <typename Item>
std::vector<Item> items_at(pid_t process, std::uint64_t address, std::size_t count) {
    std::vector<Item> items(count);
    iovec here{items.data(), count * sizeof(Item)};
    iovec there{reinterpret_cast<void*>(address), count * sizeof(Item)}; // NOLINT: over there
    const ssize_t got = ::process_vm_readv(process, &here, 1, &there, 1, 0);
    items.resize(got > 0 ? static_cast<std::size_t>(got) / sizeof(Item) : 0);
    return items;
}

struct Descriptor {
    int fd = -1;
    Awaited awaited = Awaited::either;
};

Awaited awaited_of(bool input, bool output) {
    return input == output ? Awaited::either : input ? Awaited::input : Awaited::output;
}

std::vector<Descriptor> polled(pid_t process, const InSyscall& call) {
    std::vector<Descriptor> fds;
    const std::size_t count = std::min<std::uint64_t>(call.arguments[1], k_most);
    for (const pollfd& item : items_at<pollfd>(process, call.arguments[0], count)) {
        fds.push_back(
            {item.fd, awaited_of((item.events & POLLIN) != 0, (item.events & POLLOUT) != 0)});
    }
    return fds;
}

std::vector<Descriptor> selected(pid_t process, const InSyscall& call) {
    std::vector<Descriptor> fds;
    const int count = static_cast<int>(std::min<std::uint64_t>(call.arguments[0], FD_SETSIZE));
    for (const std::size_t set : {std::size_t{1}, std::size_t{2}}) { // to read, to write
        for (fd_set& bits : items_at<fd_set>(process, call.arguments[set], 1)) {
            for (int fd = 0; fd < count; ++fd) {
                if (!FD_ISSET(fd, &bits)) {
                    continue;
                }
                const auto known = std::ranges::find(fds, fd, &Descriptor::fd);
                if (known == fds.end()) {
                    fds.push_back({fd, set == 1 ? Awaited::input : Awaited::output});
                } else {
                    known->awaited = Awaited::either;
                }
            }
        }
    }
    return fds;
}

// "tfd:        5 events:       19 ..." in /proc/PID/fdinfo/EPFD.
std::vector<Descriptor> watched_by_epoll(pid_t process, const InSyscall& call,
                                         const LookTime& time) {
    const auto text = time.read(folder_of(process) + "fdinfo/" + std::to_string(call.arguments[0]));
    std::istringstream info(text ? *text : std::string());
    std::vector<Descriptor> fds;
    for (std::string word; fds.size() < k_most && info >> word;) {
        int fd = -1;
        unsigned events = 0;
        if (word == "tfd:" && info >> fd) {
            fds.push_back({fd});
        } else if (word == "events:" && !fds.empty() && info >> std::hex >> events >> std::dec) {
            fds.back().awaited = awaited_of((events & EPOLLIN) != 0, (events & EPOLLOUT) != 0);
        }
    }
    return fds;
}

Awaited awaited_by(long call) {
    constexpr std::array reads{SYS_read, SYS_readv, SYS_pread64, SYS_recvfrom, SYS_recvmsg};
    constexpr std::array writes{SYS_write, SYS_writev, SYS_pwrite64, SYS_sendto, SYS_sendmsg};
    const auto is_in = [call](const auto& calls) {
        return std::ranges::find(calls, call) != calls.end();
    };
    return awaited_of(is_in(reads), is_in(writes));
}

// Without a descriptor they wait for their time alone.
bool waits_for_time(const InSyscall& call) {
    const bool polls = call.number == SYS_poll || call.number == SYS_ppoll;
    const bool selects = call.number == SYS_select || call.number == SYS_pselect6;
    return (polls && call.arguments[1] == 0) || (selects && call.arguments[0] == 0);
}

std::vector<Descriptor> descriptors(pid_t process, const InSyscall& call, const LookTime& time) {
    switch (call.number) {
    case SYS_poll:
    case SYS_ppoll:
        return polled(process, call);
    case SYS_select:
    case SYS_pselect6:
        return selected(process, call);
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        return watched_by_epoll(process, call, time);
    default:
        return waits_on_descriptor(call.number)
                   ? std::vector<Descriptor>{{static_cast<int>(call.arguments[0]),
                                              awaited_by(call.number)}}
                   : std::vector<Descriptor>();
    }
}

// The other end of a connection; a listener's own.
WaitedFor socket_named(pid_t process, SocketInode inode, LookTables& tables) {
    if (const auto ends = tables.tcp_ends(process, inode)) {
        return ends->remote.empty() ? WaitedFor{WaitedKind::listener, -1, ends->local}
                                    : WaitedFor{WaitedKind::socket, -1, ends->remote, ends->local};
    }
    auto diag = SocketDiag::open();
    const auto peer = diag ? diag->unix_peer(inode) : Result<std::string>(diag.error());
    return {WaitedKind::socket, -1, peer ? *peer : std::string(),
            unix_name_in(tables.text(process, "net/unix"), inode)};
}

WaitedFor named(pid_t process, int fd, LookTables& tables) {
    std::array<char, 256> target{};
    const std::string link = folder_of(process) + "fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    const std::string name(target.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    WaitedFor seen{WaitedKind::other, fd, name};
    if (const auto inode = socket_at(process, fd); inode && *inode != 0) {
        seen = socket_named(process, *inode, tables);
        seen.fd = fd;
    } else if (name.starts_with("pipe:")) {
        seen.kind = WaitedKind::pipe;
    } else if (name.starts_with('/')) {
        seen.kind = WaitedKind::file;
    }
    return seen;
}

WaitedFor child(std::uint64_t argument) {
    const auto pid = static_cast<pid_t>(argument);
    if (pid <= 0) {
        return {WaitedKind::process, -1, ""};
    }
    std::ifstream file(folder_of(pid) + "comm");
    std::string name;
    std::getline(file, name);
    return {WaitedKind::process, -1, "pid " + std::to_string(pid) + " (" + name + ")"};
}

} // namespace

const std::string& LookTables::text(pid_t process, const char* table) {
    const std::string path = folder_of(process) + table;
    const auto known = texts_.find(path);
    if (known != texts_.end()) {
        return known->second;
    }
    auto text = time_.read(path);
    return texts_.emplace(path, text ? std::move(*text) : std::string()).first->second;
}

// Those of a process in another network namespace stand in its own table only.
std::optional<TcpEnds> LookTables::tcp_ends(pid_t process, SocketInode socket) {
    auto diag = SocketDiag::open();
    if (auto ends = diag ? diag->tcp_ends(socket) : Result<TcpEnds>(diag.error())) {
        return std::move(*ends);
    }
    for (const char* table : {"net/tcp", "net/tcp6"}) {
        if (auto ends = tcp_ends_in(text(process, table), socket)) {
            return ends;
        }
    }
    return std::nullopt;
}

bool came_in_at(const policies::Address& address, std::string_view own_end) {
    if (const auto* tcp = std::get_if<policies::TcpAddress>(&address)) {
        return own_end.ends_with(":" + std::to_string(tcp->port));
    }
    const std::string& path = std::get<policies::UnixAddress>(address).path;
    if (!own_end.starts_with(path)) {
        return false;
    }
    own_end.remove_prefix(path.size());
    // "/run/shop/0.sock.3" is the third listener of that name (unix_names.hpp).
    return own_end.empty() ||
           (own_end.starts_with('.') &&
            own_end.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

std::string unix_name_in(std::string_view table, SocketInode inode) {
    const std::string wanted = " " + std::to_string(inode) + " ";
    const std::size_t at = table.find(wanted);
    return at == std::string_view::npos
               ? std::string()
               : std::string(
                     table.substr(at + wanted.size(), table.find('\n', at) - at - wanted.size()));
}

std::string call_name(const InSyscall& call) {
    const std::string name = syscall_name(call.number);
    const bool locks = call.number == SYS_fcntl &&
                       (call.arguments[1] == F_SETLKW || call.arguments[1] == F_OFD_SETLKW);
    return locks ? name + "(F_SETLKW)" : name;
}

std::vector<WaitedFor> waited_for(pid_t process, const InSyscall& call, LookTables& tables) {
    if (call.number == SYS_wait4) {
        return {child(call.arguments[0])};
    }
    if (call.number == SYS_waitid) {
        return {child(call.arguments[0] == 1 ? call.arguments[1] : 0)}; // P_PID
    }
    if (waits_for_time(call)) {
        return {{WaitedKind::time, -1, "no descriptor"}};
    }
    std::vector<WaitedFor> all;
    for (const auto& [fd, awaited] : descriptors(process, call, tables.time())) {
        if (all.size() == k_most || tables.time().is_over()) {
            break;
        }
        all.push_back(named(process, fd, tables));
        all.back().awaited = awaited;
    }
    return all;
}

} // namespace recycler::worker
