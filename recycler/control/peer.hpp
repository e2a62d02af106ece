// SPDX-License-Identifier: MIT
// Who is at the other end of a control connection, as the kernel says, and what that entitles to.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/control/model/role.hpp"
#include "recycler/control/server.hpp"

#include <vector>

namespace recycler::control {

// As of connect(2): the process may have become somebody else since, which changes nothing.
struct Credentials {
    Peer peer;
    std::vector<gid_t> groups; // supplementary
};
Result<Credentials> read_credentials(int socket);

// `self`: the user we run as.
Role role_of(const Credentials& credentials, const Rights& rights, uid_t self);
// What a call needs at least.
Role needed_for(const Call& call);
bool is_allowed(Role role, Role needed);

} // namespace recycler::control
