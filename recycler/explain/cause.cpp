// SPDX-License-Identifier: MIT
#include "recycler/explain/cause.hpp"

#include <array>

namespace recycler::explain {

std::string_view to_string(Cause cause) {
    constexpr std::array<std::string_view, k_cause_count> names{
        "death",          "gate",           "restart",     "start-failed", "brake",
        "handover",       "stop",           "no-daemon",   "slow",         "bad-answer",
        "no-permission",  "no-local-port",  "unreachable", "no-handshake", "queue-full",
        "no-socket",      "balancer-limit", "worker-said", "client",       "resolver",
        "other-upstream", "unfinished",     "unexplained", "no-history",   "balancer"};
    return names[static_cast<std::size_t>(cause)];
}

Cause cause_of(ClosedFor what_for) {
    switch (what_for) {
    case ClosedFor::drain:
    case ClosedFor::recycle:
    case ClosedFor::hung:
    case ClosedFor::stuck:
        return Cause::gate;
    case ClosedFor::restart:
        return Cause::restart;
    case ClosedFor::brake:
        return Cause::brake;
    case ClosedFor::stop:
        return Cause::stop;
    }
    return Cause::gate;
}

Cause cause_of(VacantFor what_for) {
    switch (what_for) {
    case VacantFor::start:
        return Cause::restart;
    case VacantFor::failing:
        return Cause::start_failed;
    case VacantFor::brake:
        return Cause::brake;
    case VacantFor::recycle:
        return Cause::handover;
    }
    return Cause::restart;
}

std::optional<Cause> cause_of(Fault fault) {
    switch (fault) {
    case Fault::not_permitted:
        return Cause::not_permitted;
    case Fault::no_local_port:
        return Cause::no_local_port;
    case Fault::unreachable:
        return Cause::unreachable;
    case Fault::no_resource:
        return Cause::balancer_limit;
    case Fault::none:
    case Fault::refused:
    case Fault::timed_out:
    case Fault::reset:
    case Fault::no_file:
    case Fault::queue_full:
    case Fault::broken_pipe:
    case Fault::other:
        return std::nullopt;
    }
    return std::nullopt;
}

bool is_of_balancer(Cause cause) {
    return cause == Cause::not_permitted || cause == Cause::no_local_port ||
           cause == Cause::unreachable || cause == Cause::balancer_limit;
}

bool a_gate_may_say(Fault fault, std::string_view address) {
    const bool is_file = address.starts_with('/');
    return fault == Fault::none || (fault == Fault::refused && !is_file) ||
           (fault == Fault::no_file && (is_file || address.empty()));
}

Category category_of(Cause cause) {
    switch (cause) {
    case Cause::worker_said:
    case Cause::client:
    case Cause::resolver:
    case Cause::other_upstream:
        return Category::not_ours;
    case Cause::unfinished:
    case Cause::unexplained:
    case Cause::no_history:
        return Category::unexplained;
    case Cause::balancer:
        return Category::beside;
    case Cause::death:
    case Cause::gate:
    case Cause::restart:
    case Cause::start_failed:
    case Cause::brake:
    case Cause::handover:
    case Cause::stop:
    case Cause::no_daemon:
    case Cause::slow:
    case Cause::bad_answer:
    case Cause::not_permitted:
    case Cause::no_local_port:
    case Cause::unreachable:
    case Cause::no_handshake:
    case Cause::queue_full:
    case Cause::no_socket:
    case Cause::balancer_limit:
        return Category::explained;
    }
    return Category::explained;
}

} // namespace recycler::explain
