// SPDX-License-Identifier: MIT
// A listener of the policy, in the words of worker/listener.hpp.
#pragma once

#include "policies/policy.hpp"
#include "recycler/worker/listen/listener.hpp"

namespace recycler::controller {

// Who owns the unix sockets of an app: looked up when its policy is read and never later, since the
// user database may be slow.
struct SocketOwner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

// Those that the policy names; who is not named is who the workers run as. ENOENT as for
// resolve_account().
[[nodiscard]] Result<SocketOwner> resolve_socket_owner(const policies::App& app);

worker::ListenSpec listen_spec(const policies::Policy& policy, const SocketOwner& owner,
                               const policies::Address& address, std::uint32_t serial);

} // namespace recycler::controller
