// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/message.hpp"

#include "recycler/recorder/next_calls.hpp"

#include <cstring>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

void note_files(msghdr& header, Message& message) {
    for (const cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr;
         each = CMSG_NXTHDR(&header, const_cast<cmsghdr*>(each))) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t here = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < here && message.count < Message::k_most_files; ++i) {
            std::memcpy(&message.files[message.count++], CMSG_DATA(each) + i * sizeof(int),
                        sizeof(int));
        }
    }
}

} // namespace

void Message::close_files() const {
    for (std::size_t i = 0; i < count; ++i) {
        (void)next_calls.close(files[i]); // it is open, and nobody else has heard of it
    }
}

Message receive_message(int channel, int flags) {
    char bytes[2] = {};
    iovec part{.iov_base = bytes, .iov_len = sizeof bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * Message::k_most_files)] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    Message message;
    message.size = next_calls.recvmsg(channel, &header, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (message.size >= 0) {
        message.first = bytes[0];
        message.whole = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
        note_files(header, message);
    }
    return message;
}

} // namespace recycler::recorder
