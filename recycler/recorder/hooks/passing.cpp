// SPDX-License-Identifier: MIT
// The calls that the recorder stands in front of. Each does what the worker asked, returns what it
// was told and leaves errno as it was; on the way it tells Process what passed. Not seen: io_uring,
// splice, recvmmsg, sendmmsg, libc's own stdio on a connection, and descriptors made by dup().
#include "recycler/recorder/hooks/hook.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/process.hpp"

#include <cerrno>
#include <sys/sendfile.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

__attribute__((constructor)) void start() {
    next_calls.find();
    process.attach();
}

ssize_t record_received(int fd, const void* bytes, ssize_t size) {
    if (size > 0) {
        if (Connections* followed = process.connections_with(fd)) {
            followed->received(process.row(), fd, bytes, static_cast<std::size_t>(size));
        }
    }
    return size;
}

ssize_t record_sent(int fd, const void* bytes, ssize_t size) {
    if (size > 0) {
        if (Connections* followed = process.connections_with(fd)) {
            followed->sent(process.row(), fd, bytes, static_cast<std::size_t>(size));
        }
    }
    return size;
}

// How much of what the worker has written counts as written. lighttpd, for one, closes its end as
// soon as it has the whole body, so a worker that ends its answer with a write of its own gets
// EPIPE for it: it has answered all the same.
ssize_t delivered(std::size_t size, ssize_t result) {
    if (result >= 0) {
        return result;
    }
    return errno == EPIPE || errno == ECONNRESET ? static_cast<ssize_t>(size) : 0;
}

// Peeked bytes will be received once more; discarded ones (MSG_TRUNC) never reach the buffer.
ssize_t record_received(int fd, const void* bytes, ssize_t size, int flags) {
    if ((flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) != 0) {
        return size;
    }
    if ((flags & MSG_TRUNC) == 0) {
        return record_received(fd, bytes, size);
    }
    if (size > 0) {
        if (Connections* followed = process.connections_with(fd)) {
            followed->received_unseen(process.row(), fd, static_cast<std::size_t>(size));
        }
    }
    return size;
}

ssize_t record_sent_unseen(int fd, ssize_t size) {
    if (size > 0) {
        if (Connections* followed = process.connections_with(fd)) {
            followed->sent_unseen(process.row(), fd, static_cast<std::size_t>(size));
        }
    }
    return size;
}

// The worker meets the end of a connection that is parting.
template <typename Read>
ssize_t unless_parting(int fd, Read read) {
    return process.is_parting(fd) ? 0 : read();
}

using Record = ssize_t (*)(int, const void*, ssize_t);

std::size_t size_of(const iovec* parts, std::size_t count) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
        size += parts[i].iov_len;
    }
    return size;
}

void record_parts(int fd, const iovec* parts, std::size_t count, ssize_t size, Record record) {
    for (std::size_t i = 0; i < count && size > 0; ++i) {
        const auto length = static_cast<ssize_t>(parts[i].iov_len);
        const ssize_t passed = length < size ? length : size;
        record(fd, parts[i].iov_base, passed);
        size -= passed;
    }
}

// `call` writes, given flags beside the worker's own. Where this completes an answer after which
// the connection shall end, the kernel holds the last packet back until the end can go with it: a
// client that saw the answer alone might ask the next question on a connection that is being
// closed. Unix sockets hold nothing back: there the end follows at once.
template <typename Call>
ssize_t record_written(int fd, const iovec* parts, std::size_t count, Call call) {
    Connections* const followed = process.connections_with(fd);
    if (followed == nullptr) {
        return call(0);
    }
    const bool completes = followed->completes_kept(fd, parts, count);
    const bool rests = completes && process.will_rest(fd);
    const bool last = completes && !rests && !process.may_keep(fd);
    const ssize_t result = call(last ? MSG_MORE : 0);
    const int outcome = errno;
    record_parts(fd, parts, count, delivered(size_of(parts, count), result), record_sent);
    if (last) {
        process.part(fd);
    } else if (rests && followed->has_answered(fd)) {
        process.lay_to_rest(fd);
    }
    errno = outcome;
    return result;
}

template <typename Call>
ssize_t record_written(int fd, const void* bytes, std::size_t size, Call call) {
    const iovec whole{.iov_base = const_cast<void*>(bytes), .iov_len = size}; // only read
    return record_written(fd, &whole, 1, call);
}

} // namespace
} // namespace recycler::recorder

using namespace recycler::recorder;

RECORDER_HOOK ssize_t read(int fd, void* buffer, size_t size) {
    return unless_parting(
        fd, [&] { return record_received(fd, buffer, next_calls.read(fd, buffer, size)); });
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
RECORDER_HOOK ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room) {
    return unless_parting(fd, [&] {
        return record_received(fd, buffer, next_calls.read_chk(fd, buffer, size, room));
    });
}

RECORDER_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
    return unless_parting(fd, [&] {
        const ssize_t size = next_calls.readv(fd, parts, count);
        if (size > 0) {
            record_parts(fd, parts, static_cast<std::size_t>(count), size, record_received);
        }
        return size;
    });
}

RECORDER_HOOK ssize_t recv(int fd, void* buffer, size_t size, int flags) {
    return unless_parting(fd, [&] {
        return record_received(fd, buffer, next_calls.recv(fd, buffer, size, flags), flags);
    });
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
RECORDER_HOOK ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags) {
    return unless_parting(fd, [&] {
        return record_received(fd, buffer, next_calls.recv_chk(fd, buffer, size, room, flags),
                               flags);
    });
}

RECORDER_HOOK ssize_t recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* from,
                               socklen_t* length) {
    return unless_parting(fd, [&] {
        return record_received(fd, buffer,
                               next_calls.recvfrom(fd, buffer, size, flags, from, length), flags);
    });
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
RECORDER_HOOK ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags,
                                     sockaddr* from, socklen_t* length) {
    return unless_parting(fd, [&] {
        return record_received(fd, buffer,
                               next_calls.recvfrom_chk(fd, buffer, size, room, flags, from, length),
                               flags);
    });
}

RECORDER_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
    return unless_parting(fd, [&] {
        const ssize_t size = next_calls.recvmsg(fd, message, flags);
        if (size > 0 && (flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) == 0) {
            record_parts(fd, message->msg_iov, message->msg_iovlen, size, record_received);
        }
        return size;
    });
}

RECORDER_HOOK ssize_t write(int fd, const void* buffer, size_t size) {
    return record_written(fd, buffer, size, [=](int flags) {
        return flags == 0 ? next_calls.write(fd, buffer, size)
                          : next_calls.send(fd, buffer, size, flags);
    });
}

RECORDER_HOOK ssize_t writev(int fd, const iovec* parts, int count) {
    if (count < 0) {
        return next_calls.writev(fd, parts, count);
    }
    return record_written(fd, parts, static_cast<std::size_t>(count), [=](int flags) {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(parts); // only read
        message.msg_iovlen = static_cast<std::size_t>(count);
        return flags == 0 ? next_calls.writev(fd, parts, count)
                          : next_calls.sendmsg(fd, &message, flags);
    });
}

RECORDER_HOOK ssize_t send(int fd, const void* buffer, size_t size, int flags) {
    return record_written(fd, buffer, size, [=](int more) {
        return next_calls.send(fd, buffer, size, flags | more);
    });
}

RECORDER_HOOK ssize_t sendto(int fd, const void* buffer, size_t size, int flags, const sockaddr* to,
                             socklen_t length) {
    return record_written(fd, buffer, size, [=](int more) {
        return next_calls.sendto(fd, buffer, size, flags | more, to, length);
    });
}

RECORDER_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    return record_written(fd, message->msg_iov, message->msg_iovlen,
                          [=](int more) { return next_calls.sendmsg(fd, message, flags | more); });
}

RECORDER_HOOK ssize_t sendfile(int out, int in, off_t* offset, size_t size) noexcept {
    return record_sent_unseen(out, next_calls.sendfile(out, in, offset, size));
}

static_assert(sizeof(off_t) == sizeof(off64_t));
RECORDER_HOOK ssize_t sendfile64(int out, int in, off64_t* offset, size_t size) noexcept {
    return record_sent_unseen(out, next_calls.sendfile(out, in, offset, size));
}
