// SPDX-License-Identifier: MIT
#include "recycler/ctl/commands.hpp"

#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/ctl/session.hpp"

#include <functional>

namespace recycler::ctl {

using control::Client;
using control::ClientError;

namespace {

int in_session(const Job& job, const std::function<int(Session&)>& run) {
    Invocation found = job.invocation;
    const int interrupt = job.terminal.interrupt();
    if (!found.app) {
        auto choice = find_app({slots_named(found.command), job.typed}, interrupt);
        if (const auto* none = std::get_if<NoChoice>(&choice)) {
            complain(printable(none->sentence));
            return none->exit_code;
        }
        found.app = std::get<std::string>(choice);
    }
    auto client = Client::connect(*found.app, interrupt);
    if (const auto* error = std::get_if<ClientError>(&client)) {
        complain(printable(error->sentence));
        return exit_code_for(error->trouble);
    }
    const Job with_app{found, job.terminal, job.typed};
    Session session(std::get<Client>(std::move(client)), *found.app, with_app);
    return run(session);
}

} // namespace

int carry_out(const Job& job) {
    return with_verb(job.invocation.command, [&]<typename Verb, typename Asked>(
                                                 const Verb& verb, const Asked& asked) {
        if constexpr (Verb::needs_daemon) {
            return in_session(job, [&](Session& session) { return verb.run(session, asked); });
        } else {
            return verb.run(job, asked);
        }
    });
}

} // namespace recycler::ctl
