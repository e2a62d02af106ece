#include "recycler/controller/listen_spec.hpp"

#include "recycler/worker/account.hpp"

namespace recycler::controller {

namespace {

// Who is not named is who the workers run as. All names were found when the policy was read.
void give_owner(worker::ListenSpec& spec, const policies::App& app) {
    const std::string& user = app.socket_user.empty() ? app.user : app.socket_user;
    const std::string& group = app.socket_group.empty() ? app.group : app.socket_group;
    if (const auto owner = worker::resolve_account(user, "")) {
        spec.uid = owner->uid;
    }
    if (const auto members = worker::resolve_account(app.user, group)) {
        spec.gid = members->gid;
    }
}

} // namespace

worker::ListenSpec listen_spec(const policies::Policy& policy, const policies::Address& address,
                               std::uint32_t serial) {
    worker::ListenSpec spec{.address = address,
                            .serial = serial,
                            .backlog = policy.app.backlog,
                            .mode = policy.app.socket_mode};
    if (std::holds_alternative<policies::UnixAddress>(address)) {
        give_owner(spec, policy.app);
    }
    return spec;
}

} // namespace recycler::controller
