// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/listen_spec.hpp"

#include "recycler/worker/spawn/account.hpp"

namespace recycler::controller {

Result<SocketOwner> resolve_socket_owner(const policies::App& app) {
    const auto owner =
        worker::resolve_account(app.socket_user.empty() ? app.user : app.socket_user, "");
    if (!owner) {
        return owner.error();
    }
    const auto members =
        worker::resolve_account(app.user, app.socket_group.empty() ? app.group : app.socket_group);
    if (!members) {
        return members.error();
    }
    return SocketOwner{.uid = owner->uid, .gid = members->gid};
}

worker::ListenSpec listen_spec(const policies::Policy& policy, const SocketOwner& owner,
                               const policies::Address& address, std::uint32_t serial) {
    worker::ListenSpec spec{.address = address,
                            .serial = serial,
                            .backlog = policy.app.backlog,
                            .mode = policy.app.socket_mode};
    if (std::holds_alternative<policies::UnixAddress>(address)) {
        spec.uid = owner.uid;
        spec.gid = owner.gid;
    }
    return spec;
}

} // namespace recycler::controller
