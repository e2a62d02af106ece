// SPDX-License-Identifier: MIT
#include "systemd/journal_writer.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace systemd {

using recycler::Error;
using recycler::Result;
using recycler::UniqueFd;

namespace {

// The native protocol: NAME=value and a newline; or, when the value has a newline itself, NAME, a
// newline, its length as 64 bits in little endian, the value and a newline.
void append(std::string& entry, const JournalField& field) {
    entry += field.name;
    if (field.value.find('\n') == std::string::npos) {
        entry += '=';
    } else {
        entry += '\n';
        for (unsigned shift = 0; shift < 64; shift += 8) {
            entry += static_cast<char>(std::uint64_t{field.value.size()} >> shift & 0xff);
        }
    }
    entry += field.value;
    entry += '\n';
}

// The peer is not there or does not read: that passes. Any other error is the entry's own.
bool passes(int error) {
    constexpr std::array passing{EAGAIN,     ENOBUFS,  ENOENT, ECONNREFUSED,
                                 ECONNRESET, ENOTCONN, EPIPE};
    for (const int each : passing) {
        if (error == each) {
            return true;
        }
    }
    return false;
}

// journald maps what it gets, so it takes nothing that could change or shrink meanwhile.
Result<UniqueFd> sealed(std::string_view entry) {
    UniqueFd memory(::memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) {
        return Error{errno, "make a memfd"};
    }
    const ssize_t written = ::write(memory.get(), entry.data(), entry.size());
    if (written != static_cast<ssize_t>(entry.size())) {
        return Error{written < 0 ? errno : ENOMEM, "fill a memfd"};
    }
    constexpr int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (::fcntl(memory.get(), F_ADD_SEALS, all) != 0) {
        return Error{errno, "seal a memfd"};
    }
    return memory;
}

// An empty datagram that carries the descriptor. 0 or errno.
int pass(int socket, int memory) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &memory, sizeof(int));
    return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

} // namespace

JournalWriter::JournalWriter(std::string socket_path, Limits limits)
    : socket_path_(std::move(socket_path)), limits_(limits) {}

JournalWriter::Fate JournalWriter::send(std::span<const JournalField> fields) {
    std::string entry;
    for (const JournalField& field : fields) {
        append(entry, field);
    }
    if (!queue_.empty()) {
        flush();
    }
    int error = EAGAIN;
    if (queue_.empty()) {
        error = put(entry);
    }
    if (error == 0) {
        ++sent_;
        return Fate::sent;
    }
    const bool fits =
        queue_.size() < limits_.entries && queued_bytes_ + entry.size() <= limits_.amount.count;
    if (!passes(error) || !fits) {
        return lose(error);
    }
    queued_bytes_ += entry.size();
    queue_.push_back(std::move(entry));
    return Fate::waiting;
}

void JournalWriter::flush() {
    while (!queue_.empty()) {
        const int error = put(queue_.front());
        if (passes(error)) {
            return;
        }
        if (error == 0) {
            ++sent_;
        } else {
            (void)lose(error);
        }
        queued_bytes_ -= queue_.front().size();
        queue_.pop_front();
    }
}

std::uint64_t JournalWriter::take_losses() {
    return queue_.empty() ? lost_ - std::exchange(losses_taken_, lost_) : 0;
}

JournalWriter::Fate JournalWriter::lose(int error) {
    ++lost_;
    trouble_ = Error{error, socket_path_}.message();
    return Fate::lost;
}

Result<void> JournalWriter::connect_if_needed() {
    if (socket_) {
        return {};
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path_.size() >= sizeof(address.sun_path)) {
        return Error{ENAMETOOLONG, socket_path_};
    }
    socket_path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error{errno, socket_path_};
    }
    socket_ = std::move(socket);
    return {};
}

// 0, or the errno of what stood in the way. A journald that was replaced leaves us connected to
// nobody (ECONNREFUSED), so that is tried once more on a new connection.
int JournalWriter::put(std::string_view entry) {
    int error = put_once(entry);
    if (error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET || error == EPIPE) {
        socket_.reset();
        error = put_once(entry);
    }
    if (error != 0) {
        trouble_ = Error{error, socket_path_}.message();
    }
    return error;
}

int JournalWriter::put_once(std::string_view entry) {
    if (const auto connected = connect_if_needed(); !connected) {
        return connected.error().code;
    }
    const ssize_t sent =
        ::send(socket_.get(), entry.data(), entry.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
        return 0;
    }
    if (errno != EMSGSIZE && errno != ENOBUFS) {
        return errno;
    }
    const auto memory = sealed(entry);
    return memory ? pass(socket_.get(), memory->get()) : memory.error().code;
}

bool is_journal_stream(int fd, const char* journal_stream) {
    struct stat there {};
    if (journal_stream == nullptr || ::fstat(fd, &there) != 0) {
        return false;
    }
    return std::to_string(there.st_dev) + ":" + std::to_string(there.st_ino) == journal_stream;
}

} // namespace systemd
