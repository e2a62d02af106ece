// SPDX-License-Identifier: MIT
#include "recycler/keeper/channel/take_out.hpp"

#include "recycler/keeper/channel/send.hpp"
#include "recycler/worker/look/belonging.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace recycler::keeper {
namespace {

struct Address {
    sockaddr_storage bytes{};
    socklen_t size = sizeof bytes;

    [[nodiscard]] bool read_own(int fd) {
        return ::getsockname(fd, reinterpret_cast<sockaddr*>(&bytes), &size) == 0;
    }
    // 0: it has none.
    [[nodiscard]] in_port_t port() const {
        if (bytes.ss_family == AF_INET) {
            return reinterpret_cast<const sockaddr_in&>(bytes).sin_port;
        }
        return bytes.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bytes).sin6_port
                                           : in_port_t{0};
    }
    [[nodiscard]] bool has_name() const {
        return bytes.ss_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path);
    }
};

// An accepted connection has the address of its listener, whatever part of it the host's interfaces
// add; one that the worker has made has a port of its own, or no name.
bool is_made_to(const Address& connection, int listener) {
    Address bound;
    if (!bound.read_own(listener)) {
        return false;
    }
    if (connection.has_name() && bound.has_name()) {
        return connection.size == bound.size &&
               std::memcmp(&connection.bytes, &bound.bytes, bound.size) == 0;
    }
    return connection.bytes.ss_family == bound.bytes.ss_family && connection.port() != 0 &&
           connection.port() == bound.port();
}

bool is_client(int fd, Store& store) {
    int type = 0;
    socklen_t size = sizeof type;
    Address peer;
    Address own;
    const bool is_connected =
        ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
        ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer.bytes), &peer.size) == 0 &&
        own.read_own(fd);
    return is_connected && std::ranges::any_of(store.deposits(), [&](const DepositRecord& each) {
               return each.fd && each.key.kind == DepositKind::listener &&
                      is_made_to(own, each.fd.get());
           });
}

// 0, or the errno with which nothing more can be sent.
int copy_one(int process, int number, int channel, Store& store, std::uint32_t& count) {
    // EBADF: it has been closed. What cannot be copied stays where it is.
    const UniqueFd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, process, number, 0)));
    if (!copy || !is_client(copy.get(), store)) {
        return 0;
    }
    const int error = send_connection(channel, copy.get());
    count += error == 0 ? 1 : 0;
    return error;
}

int copy_all(const TakeOut& order, int channel, Store& store, std::uint32_t& count) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, order.process, 0)));
    if (!process) {
        return errno;
    }
    for (std::size_t word = 0; word < order.numbers.size(); ++word) {
        for (std::size_t bit = 0; bit < 64; ++bit) {
            if ((order.numbers[word] >> bit & 1) == 0) {
                continue;
            }
            const int number = static_cast<int>(word * 64 + bit);
            if (const int error = copy_one(process.get(), number, channel, store, count)) {
                return error;
            }
        }
    }
    return 0;
}

int begin(const TakeOut& order, WorkerRecord& worker) {
    if (!worker.has_process() || order.process <= 0 ||
        !worker::belongs_to_worker(order.process, worker.pid)) {
        return ENOENT;
    }
    if (std::ranges::find(worker.taken_out, order.process) != worker.taken_out.end()) {
        return EALREADY; // by a controller before, which did not live to say so in the page
    }
    const auto free = std::ranges::find(worker.taken_out, 0);
    if (free == worker.taken_out.end()) {
        return ENOSPC;
    }
    *free = order.process;
    return 0;
}

} // namespace

TakenOut take_out(const TakeOut& order, WorkerRecord& worker, Store& store) {
    TakenOut answer{.id = order.id, .process = order.process};
    const DepositRecord* channel = store.find({DepositKind::channel_out, order.id.slot, 0});
    answer.error = channel == nullptr || !channel->fd ? EBADF : begin(order, worker);
    if (answer.error == 0) {
        answer.error = copy_all(order, channel->fd.get(), store, answer.count);
    }
    return answer;
}

} // namespace recycler::keeper
