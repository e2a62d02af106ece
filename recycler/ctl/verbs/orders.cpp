// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/orders.hpp"

#include "recycler/control/overloaded.hpp"

namespace recycler::ctl {

using control::Call;
using control::ClientError;
using control::Reply;
using control::Trouble;

namespace {

std::vector<control::Progress> progress_in(const Reply& reply) {
    return std::visit(control::Overloaded{
                          [](const control::OrderReply& order) { return order.slots; },
                          [](const control::StopReply& stop) { return stop.slots; },
                          [](const auto&) { return std::vector<control::Progress>{}; },
                      },
                      reply);
}

} // namespace

Answer ask_for_progress(Session& session, const Call& call, LivePage& page) {
    return session.stream(call, [&](const Reply& progress) {
        page.draw(progress_in(progress));
        return control::Next::more;
    });
}

bool is_broken(const Answer& answer) {
    const auto* error = std::get_if<ClientError>(&answer);
    return error != nullptr && error->trouble == Trouble::broken;
}

int end_order(Session& session, const Answer& answer, const Call& call, LivePage& page) {
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        return session.explain(*error, call); // below what was drawn: it says what is not done
    }
    page.clear();
    return session.show(std::get<Reply>(answer));
}

} // namespace recycler::ctl
