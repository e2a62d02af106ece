#include "recycler/controller/listen_spec.hpp"

#include "recycler/worker/account.hpp"

namespace recycler::controller {

worker::ListenSpec listen_spec(const policies::Policy& policy, const policies::Address& address,
                               std::uint32_t serial) {
    worker::ListenSpec spec{.address = address,
                            .serial = serial,
                            .backlog = policy.app.backlog,
                            .mode = policy.app.socket_mode};
    if (!policy.app.socket_user.empty() || !policy.app.socket_group.empty()) {
        if (const auto owner =
                worker::resolve_account(policy.app.socket_user, policy.app.socket_group)) {
            spec.uid = owner->uid;
            spec.gid = owner->gid;
        }
    }
    return spec;
}

} // namespace recycler::controller
