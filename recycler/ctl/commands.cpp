// SPDX-License-Identifier: MIT
#include "recycler/ctl/commands.hpp"

#include "recycler/control/overloaded.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/ctl/session.hpp"
#include "recycler/ctl/verbs/blame.hpp"
#include "recycler/ctl/verbs/check.hpp"
#include "recycler/ctl/verbs/explain.hpp"
#include "recycler/ctl/verbs/follow.hpp"
#include "recycler/ctl/verbs/lint.hpp"
#include "recycler/ctl/verbs/orders.hpp"
#include "recycler/ctl/verbs/why.hpp"

namespace recycler::ctl {

using control::Client;
using control::ClientError;

namespace {

int carry_out_in(Session& session) {
    return std::visit(
        control::Overloaded{
            [&](const Status& status) {
                const control::StatusCall call{status.slots};
                return status.watch == Watch::each_second ? watch_status(session, call)
                                                          : ask(session, call);
            },
            [&](const Why& asked) { return why(session, asked); },
            [&](const control::EventsCall& call) {
                return call.follow == control::Follow::and_coming ? follow_events(session)
                                                                  : ask(session, call);
            },
            [&](const control::DrainCall& call) { return drain(session, call); },
            [&](const control::RecycleCall& call) { return recycle(session, call); },
            [&](const control::StopCall&) { return stop(session); },
            [&](const control::OpenCall& call) { return ask(session, call); },
            [&](const control::ReloadCall&) { return reload(session); },
            [&](const Blame& asked) { return blame(session, asked); },
            [&](const Check& check) { return check_policy(check.file, session.job()); },
            [&](const Lint& asked) { return lint_configuration(asked, session.job()); },
            [&](const Explain& explain) { return explain_logs(explain, session.job()); },
        },
        session.job().invocation.command);
}

} // namespace

int carry_out(const Job& job) {
    if (const auto* check = std::get_if<Check>(&job.invocation.command)) {
        return check_policy(check->file, job);
    }
    if (const auto* asked = std::get_if<Lint>(&job.invocation.command)) {
        return lint_configuration(*asked, job);
    }
    if (const auto* explain = std::get_if<Explain>(&job.invocation.command)) {
        return explain_logs(*explain, job);
    }
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
    return carry_out_in(session);
}

} // namespace recycler::ctl
