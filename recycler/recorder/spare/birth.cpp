// SPDX-License-Identifier: MIT
#include "recycler/recorder/spare/birth.hpp"

#include "recycler/recorder/connections.hpp"
#include "recycler/recorder/listening.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/rest/message.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

constexpr char k_slot = 's';
constexpr std::size_t k_alone = 1;        // the listener
constexpr std::size_t k_with_channel = 3; // and both ends of the channel
bool is_listening_stream(int fd) {
    int type = 0;
    int listens = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 1;
}

} // namespace

void Birth::find(const struct stat& at_zero, const request::PageHeader& header) {
    if (header.birth == 0 || header.birth_listener != at_zero.st_ino) {
        return;
    }
    channel.find(header.birth, Inherited::Kind::channel);
    listener = channel.fd() >= 0 ? at_zero.st_ino : 0;
}

bool can_await_slot(const Birth& birth, int listener) {
    return !is_nonblocking(listener) && birth.channel.is_there();
}

Told read_slot(int channel, SlotFiles& files) {
    const Message message = receive_message(channel, MSG_PEEK);
    if (message.size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return Told::nothing;
    }
    if (message.size <= 0) {
        message.close_files();
        return Told::end; // the controller sends no empty message
    }
    const bool has_channel = message.count == k_with_channel;
    const bool fits_form = message.whole && message.size == 1 && message.first == k_slot &&
                           (message.count == k_alone || has_channel);
    if (fits_form && is_listening_stream(message.files[0])) {
        files = {.listener = message.files[0],
                 .channel_out = has_channel ? message.files[1] : -1,
                 .channel_in = has_channel ? message.files[2] : -1};
        return Told::slot;
    }
    message.close_files(); // copies: the message stays
    return Told::misfit;
}

void close_files(const SlotFiles& files) {
    const int all[] = {files.listener, files.channel_out, files.channel_in};
    for (const int fd : all) {
        if (fd >= 0) {
            (void)next_calls.close(fd); // it stands elsewhere, too
        }
    }
}

void replace_all(const struct stat& born, int file) {
    for (int fd = 0; fd < k_followed_descriptors; ++fd) {
        struct stat status {};
        if (fd == file || fstat(fd, &status) != 0 || status.st_dev != born.st_dev ||
            status.st_ino != born.st_ino) {
            continue;
        }
        const int flags = fcntl(fd, F_GETFD);
        const bool closes = flags != -1 && (flags & FD_CLOEXEC) != 0;
        (void)next_calls.dup3(file, fd, closes ? O_CLOEXEC : 0); // both are open
    }
}

void replace_one(int number, int file) {
    if (number < 0) {
        return;
    }
    if (file >= 0) {
        (void)next_calls.dup3(file, number, O_CLOEXEC); // both are open
    } else {
        (void)next_calls.close(number); // nothing comes by it any more
    }
}

} // namespace recycler::recorder
