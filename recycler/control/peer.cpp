// SPDX-License-Identifier: MIT
#include "recycler/control/peer.hpp"

#include "recycler/control/contract/methods.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

namespace recycler::control {

Result<Credentials> read_credentials(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return Error{errno, "read the credentials of a client"};
    }
    std::vector<gid_t> groups(32);
    for (;;) {
        size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return Credentials{{credentials.pid, credentials.uid, credentials.gid}, groups};
        }
        const std::size_t needed = size / sizeof(gid_t); // filled in with ERANGE
        if (errno != ERANGE || needed <= groups.size()) {
            return Error{errno, "read the groups of a client"};
        }
        groups.resize(needed);
    }
}

Role role_of(const Credentials& credentials, const Rights& rights, uid_t self) {
    const Peer& peer = credentials.peer;
    const bool in_group = rights.group && (peer.gid == *rights.group ||
                                           std::ranges::find(credentials.groups, *rights.group) !=
                                               credentials.groups.end());
    if (peer.uid == 0 || peer.uid == self || in_group) {
        return Role::changer;
    }
    return rights.reader && peer.uid == *rights.reader ? Role::reader : Role::stranger;
}

Role needed_for(const Call& call) {
    return std::visit([]<typename Asked>(const Asked& /*call*/) { return Described<Asked>::needs; },
                      call);
}

bool is_allowed(Role role, Role needed) {
    switch (role) {
    case Role::changer:
        return true;
    case Role::reader:
        return needed == Role::reader;
    case Role::stranger:
        return false;
    }
    return false;
}

} // namespace recycler::control
