// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/reload.hpp"

#include "recycler/ctl/verbs/orders.hpp"

namespace recycler::ctl {

using control::ClientError;
using control::Reply;

Typed<control::ReloadCall> typed_reload(Syntax& /*syntax*/) {
    return [](Output) { return control::ReloadCall{}; };
}

// After an upgrade the controller makes room for the new program, and that reads the policy.
int run_reload(Session& session, const control::ReloadCall& call) {
    if (const auto silent = session.meet()) {
        return session.explain(*silent, call);
    }
    for (;;) {
        const Answer answer = session.call(call);
        if (!is_broken(answer)) {
            const auto* error = std::get_if<ClientError>(&answer);
            return error != nullptr ? session.explain(*error, call)
                                    : session.show(std::get<Reply>(answer));
        }
        if (const auto over = session.reconnect()) {
            return session.explain(*over, call);
        }
    }
}

} // namespace recycler::ctl
