// SPDX-License-Identifier: MIT
#include "recycler/explain/join.hpp"

namespace recycler::explain {

namespace {

// A worker that waited for a place to start has let its balancer wait, too.
constexpr Duration k_follows = std::chrono::minutes(5);

constexpr Duration k_just_before = std::chrono::seconds(2);

} // namespace

Join::Join(const History& history)
    : history_(history), fitting_(history), explained_(history.deaths().size()),
      last_of_(history.slots().size()) {}

Join::Slot Join::slot_of(const Entry& entry) {
    if (!entry.server.empty()) {
        return history_.slots().find_server(entry.server);
    }
    if (entry.address.empty()) {
        return std::nullopt;
    }
    if (entry.address != last_address_) {
        last_found_ = history_.slots().find_address(entry.address);
        last_address_ = entry.address;
    }
    return last_found_;
}

bool Join::is_known(const Entry& entry) const {
    return !history_.empty() && has_time(entry) &&
           entry.at + entry.span + k_slack >= history_.begin();
}

Explanation Join::explain(const Entry& entry) {
    if (entry.said == Said::balancer || entry.said == Said::worker_said ||
        entry.said == Said::unresolved) {
        return {.cause = entry.said == Said::unresolved    ? Cause::resolver
                         : entry.said == Said::worker_said ? Cause::worker_said
                                                           : Cause::balancer};
    }
    const Slot slot = slot_of(entry);
    if (entry.said == Said::client_left) {
        return of_client(entry, slot);
    }
    const bool another = !entry.address.empty() || history_.slots().has_server(entry.server);
    if (!slot && another && !history_.empty()) {
        return {.cause = Cause::other_upstream};
    }
    Explanation why = of_backend(entry, slot);
    why.slot = why.slot ? why.slot : slot;
    if (why.death) {
        why.slot = history_.deaths()[*why.death].slot;
        explained_[*why.death] += entry.attempts;
    } else if (why.closing) {
        why.slot = history_.closings()[*why.closing].slot;
    }
    remember(entry, why);
    return why;
}

void Join::remember(const Entry& entry, const Explanation& why) {
    if (entry.said != Said::put_back && category_of(why.cause) == Category::explained) {
        last_ = Trouble{entry.at, why};
        if (why.slot) {
            last_of_[*why.slot] = last_;
        } else {
            last_of_none_ = last_;
        }
    }
}

// A client that gave up while no worker served the slot, or while the worker hung in its request,
// is not the one to ask. In a second in which one served, too, it is not known.
Explanation Join::of_client(const Entry& entry, Slot slot) const {
    if (slot && entry.awaiting && is_known(entry)) {
        if (const auto hang = fitting_.hang_of(entry, slot)) {
            return {.cause = Cause::death, .death = hang, .slot = history_.deaths()[*hang].slot};
        }
        if (fitting_.is_vacant(entry, slot)) {
            Explanation why = waited(entry, slot).value_or(Explanation{.cause = Cause::client});
            why.slot = slot;
            return why;
        }
    }
    return {.cause = Cause::client, .slot = slot};
}

Explanation Join::of_backend(const Entry& entry, Slot slot) const {
    // Found by the line alone: what our gates did meanwhile has nothing to do with it.
    const auto by_fault = cause_of(entry.fault);
    const bool is_check = entry.said == Said::taken_out || entry.said == Said::check_failed;
    if (by_fault && (entry.said == Said::refused || is_check)) {
        const Trouble* before = entry.server.empty() ? nullptr : recent_trouble(entry, {});
        const bool told = before != nullptr && before->why.cause == Cause::no_local_port &&
                          entry.fault == Fault::no_resource;
        return {.cause = told ? Cause::no_local_port : *by_fault};
    }
    if (entry.said == Said::unfinished) {
        return unfinished(entry, slot);
    }
    return is_known(entry) ? of_history(entry, slot) : Explanation{.cause = Cause::no_history};
}

Explanation Join::of_history(const Entry& entry, Slot slot) const {
    if (entry.said == Said::refused) {
        return refused(entry, slot);
    }
    if (entry.said == Said::timed_out || entry.said == Said::cut_short) {
        return timed_out(entry, slot);
    }
    if (entry.said == Said::died) {
        return died(entry, slot);
    }
    if (entry.said == Said::marked_down) {
        return marked_down(entry, slot);
    }
    if (entry.said == Said::bad_answer) {
        const auto death = fitting_.death_for(entry, slot, explained_);
        // An answer is cut off in the middle.
        return {.cause = death ? Cause::death : Cause::bad_answer, .death = death};
    }
    return followed(entry, slot);
}

Explanation Join::died(const Entry& entry, Slot slot) const {
    if (const auto death = fitting_.death_for(entry, slot, explained_)) {
        return {.cause = Cause::death, .death = death};
    }
    // Listeners that are closed reset what waits in their queues.
    const auto closing = fitting_.closing_for(entry, slot);
    if (closing && history_.closings()[*closing].what_for == ClosedFor::stop) {
        return {.cause = Cause::stop, .closing = closing};
    }
    const bool is_file = slot && history_.slots().at(*slot).address.starts_with('/');
    if (entry.connecting && is_file && entry.fault == Fault::none) {
        return {.cause = Cause::queue_full};
    }
    if (fitting_.daemon_vanished(entry, slot)) {
        return {.cause = Cause::no_daemon};
    }
    if (entry.connecting || !fitting_.lived_on(entry, slot)) {
        return {.cause = Cause::unexplained};
    }
    return {.cause = entry.waited_for == Side::worker ? Cause::unfinished : Cause::bad_answer};
}

Explanation Join::refused(const Entry& entry, Slot slot) const {
    if (entry.fault == Fault::reset || entry.fault == Fault::broken_pipe) {
        return died(entry, slot);
    }
    const auto closing = fitting_.closing_for(entry, slot);
    const std::string_view address =
        slot ? history_.slots().at(*slot).address : std::string_view(entry.address);
    if (closing && (a_gate_may_say(entry.fault, address.empty() ? entry.address : address) ||
                    history_.closings()[*closing].what_for == ClosedFor::stop)) {
        return behind_gate(entry, slot, *closing);
    }
    // A log that tells seconds may touch the beginning of the next daemon. An open gate refuses
    // nobody.
    if (!fitting_.daemon_ran(entry, slot) || fitting_.daemon_vanished(entry, slot) ||
        (entry.fault == Fault::refused && fitting_.daemon_changed(entry, slot))) {
        return {.cause = Cause::no_daemon};
    }
    if (entry.fault == Fault::no_file) {
        return {.cause = Cause::no_socket};
    }
    return entry.fault == Fault::none ? said_before(entry, slot)
                                      : Explanation{.cause = Cause::unexplained};
}

// HAProxy's line of a request does not say why there was no connection. Its health checks do, and
// so does a line of its own, which names no server, just before.
Explanation Join::said_before(const Entry& entry, Slot slot) const {
    const Trouble* before = recent_trouble(entry, slot);
    if (before != nullptr && is_of_balancer(before->why.cause)) {
        return before->why;
    }
    const bool just_now = last_of_none_ && entry.at <= last_of_none_->at + k_just_before;
    const Cause cause = just_now ? last_of_none_->why.cause : Cause::unexplained;
    if (is_of_balancer(cause) || cause == Cause::queue_full) {
        return {.cause = cause};
    }
    return {.cause = Cause::unexplained};
}

// A gate that was closed because there was no worker: why there was none says more.
Explanation Join::behind_gate(const Entry& entry, Slot slot, std::size_t closing) const {
    const Closing& closed = history_.closings()[closing];
    const bool no_worker =
        closed.what_for == ClosedFor::restart || closed.what_for == ClosedFor::brake;
    const auto vacancy = no_worker ? fitting_.vacancy_for(entry, closed.slot) : std::nullopt;
    if (vacancy && history_.vacancies()[*vacancy].failed) {
        return {.cause = cause_of(history_.vacancies()[*vacancy].what_for),
                .vacancy = vacancy,
                .slot = closed.slot};
    }
    return {.cause = cause_of(closed.what_for), .closing = closing, .slot = slot};
}

// For a worker that was at something else, or that was not there. Whoever waited while one that
// hung or was stuck was being ended, waited for that one already before.
std::optional<Explanation> Join::waited(const Entry& entry, Slot slot) const {
    for (const auto& hang : {fitting_.hang_of(entry, slot), fitting_.ended_for_it(entry, slot)}) {
        if (hang) {
            return Explanation{.cause = Cause::death, .death = hang};
        }
    }
    if (const auto vacancy = fitting_.vacancy_for(entry, slot)) {
        return Explanation{.cause = cause_of(history_.vacancies()[*vacancy].what_for),
                           .vacancy = vacancy};
    }
    if (const auto hang = fitting_.hang_beside(entry, slot)) {
        return Explanation{.cause = Cause::death, .death = hang};
    }
    return std::nullopt;
}

Explanation Join::timed_out(const Entry& entry, Slot slot) const {
    if (const auto why = waited(entry, slot)) {
        return *why;
    }
    if (entry.fault == Fault::queue_full) {
        return {.cause = Cause::queue_full};
    }
    if (entry.connecting) {
        return {.cause = fitting_.daemon_ran(entry, slot) ? Cause::no_handshake : Cause::no_daemon};
    }
    return {.cause = Cause::slow};
}

// Which of the two was waited for is said by the balancer, or by the record of a worker that hung
// in that request.
Explanation Join::unfinished(const Entry& entry, Slot slot) const {
    const auto hang = is_known(entry) ? fitting_.hang_of(entry, slot) : std::nullopt;
    if (hang && history_.deaths()[*hang].waited_for_client) {
        return {.cause = Cause::client, .slot = history_.deaths()[*hang].slot};
    }
    if (hang) {
        return {.cause = Cause::death, .death = hang};
    }
    if (entry.waited_for == Side::client) {
        return {.cause = Cause::client, .slot = slot};
    }
    if (!is_known(entry)) {
        return {.cause = entry.waited_for == Side::worker ? Cause::no_history : Cause::unfinished};
    }
    if (entry.waited_for == Side::worker) {
        const auto beside = fitting_.hang_beside(entry, slot);
        return {.cause = beside ? Cause::death : Cause::slow, .death = beside};
    }
    return {.cause = Cause::unfinished};
}

// The balancer ended a request of a backend that it held for down: because that was so, or because
// its gate was closed, which leaves requests alone.
Explanation Join::marked_down(const Entry& entry, Slot slot) const {
    if (const auto death = fitting_.death_for(entry, slot, explained_)) {
        return {.cause = Cause::death, .death = death};
    }
    return followed(entry, slot);
}

const Join::Trouble* Join::recent_trouble(const Entry& entry, Slot slot) const {
    const std::optional<Trouble>& before = slot ? last_of_[*slot] : last_;
    return before && entry.at <= before->at + k_follows ? &*before : nullptr;
}

// A consequence of lines before it. HAProxy's health checks see a closed gate before any request
// does.
Explanation Join::followed(const Entry& entry, Slot slot) const {
    const bool checked = !entry.server.empty() && entry.said != Said::put_back;
    if (const auto closing = checked ? fitting_.closing_for(entry, slot) : std::nullopt) {
        return behind_gate(entry, slot, *closing);
    }
    if (const Trouble* before = recent_trouble(entry, slot)) {
        return before->why;
    }
    if (entry.said == Said::put_back) {
        return {.cause = Cause::balancer};
    }
    return refused(entry, slot);
}

} // namespace recycler::explain
