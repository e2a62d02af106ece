// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/blame.hpp"

#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/session.hpp"

namespace recycler::ctl {

Typed<Blame> typed_blame(Syntax& syntax) {
    const auto by =
        syntax.choice("--by", "Show only one table: growth or time", {"growth", "time"});
    return [=](Output) {
        return Blame{*by == "growth" ? BlameBy::growth
                     : *by == "time" ? BlameBy::time
                                     : BlameBy::both};
    };
}

int run_blame(Session& session, const Blame& asked) {
    const control::BlameCall call;
    const Answer answer = session.call(call);
    if (const auto* error = std::get_if<control::ClientError>(&answer)) {
        return session.explain(*error, call);
    }
    const auto& reply = std::get<control::Reply>(answer);
    if (session.is_json()) {
        return session.show(reply);
    }
    const Style style = session.job().terminal.style();
    const std::string page = render_blame(std::get<control::Blame>(reply), asked.by, style);
    return print(page) ? k_exit_done : k_exit_refused;
}

} // namespace recycler::ctl
