// SPDX-License-Identifier: MIT
#include "recycler/keeper/channel/send.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace recycler::keeper {

int send_connection(int channel, int connection) {
    char text = k_connection;
    iovec bytes{.iov_base = &text, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof connection);
    std::memcpy(CMSG_DATA(rights), &connection, sizeof connection);
    return ::sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : errno;
}

} // namespace recycler::keeper
