// SPDX-License-Identifier: MIT
#include "recycler/control/peer.hpp"

#include "recycler/control/overloaded.hpp"

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

Standing standing_of(const Credentials& credentials, const Rights& rights, uid_t self) {
    const Peer& peer = credentials.peer;
    const bool in_group = rights.group && (peer.gid == *rights.group ||
                                           std::ranges::find(credentials.groups, *rights.group) !=
                                               credentials.groups.end());
    if (peer.uid == 0 || peer.uid == self || in_group) {
        return Standing::changer;
    }
    return rights.reader && peer.uid == *rights.reader ? Standing::reader : Standing::stranger;
}

Standing needed_for(const Call& call) {
    return std::visit(Overloaded{
                          [](const StatusCall&) { return Standing::reader; },
                          [](const WhyCall&) { return Standing::reader; },
                          [](const BlameCall&) { return Standing::reader; },
                          [](const EventsCall&) { return Standing::reader; },
                          [](const DrainCall&) { return Standing::changer; },
                          [](const OpenCall&) { return Standing::changer; },
                          [](const RecycleCall&) { return Standing::changer; },
                          [](const ReloadCall&) { return Standing::changer; },
                          [](const StopCall&) { return Standing::changer; },
                      },
                      call);
}

bool is_allowed(Standing standing, Standing needed) {
    switch (standing) {
    case Standing::changer:
        return true;
    case Standing::reader:
        return needed == Standing::reader;
    case Standing::stranger:
        return false;
    }
    return false;
}

} // namespace recycler::control
