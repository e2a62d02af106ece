// SPDX-License-Identifier: MIT
#include "recycler/death/words/phrases.hpp"

#include "recycler/death/words/words.hpp"

namespace recycler::death {
namespace {

std::string purpose_in_words(Purpose purpose) {
    switch (purpose) {
    case Purpose::recycle:
        return "recycle";
    case Purpose::stop:
        return "stop";
    case Purpose::hung:
        return "end it as hung";
    case Purpose::stuck:
        return "end it as stuck";
    case Purpose::drain_cut:
        return "end it at drain.timeout";
    case Purpose::cancelled_handover:
        return "end a replacement that is no longer needed";
    case Purpose::not_ready:
        return "end it at start.timeout";
    case Purpose::child_oom:
        return "end the tree after a child was killed for memory";
    }
    return {};
}

} // namespace

std::string order_in_words(const std::optional<Order>& order) {
    if (!order) {
        return "none";
    }
    std::string out = purpose_in_words(order->purpose);
    if (const auto* stop = std::get_if<StopSent>(&order->sent)) {
        return out + ", sent " + signal_name(stop->signal);
    }
    if (const auto* kill = std::get_if<KillSent>(&order->sent)) {
        return out + ", sent " +
               (kill->stop_signal ? signal_name(*kill->stop_signal) + ", then " : "") + "SIGKILL";
    }
    return out + ", no signal sent yet";
}

std::string status_in_words(const std::optional<WaitStatus>& status) {
    if (!status) {
        return "unknown";
    }
    if (const auto* exited = std::get_if<Exited>(&*status)) {
        return "exit status " + std::to_string(exited->status);
    }
    const auto& signalled = std::get<Signalled>(*status);
    return signal_name(signalled.signal) + (signalled.core_dumped ? ", core dumped" : "");
}

std::string sender_in_words(const Sender& sender) {
    if (sender.relation == Relation::itself) {
        return "itself";
    }
    const std::string pid = sender.pid ? "pid " + std::to_string(*sender.pid) : "an unknown pid";
    if (sender.comm.empty()) {
        return pid + ", which ended before Recycler could read its name";
    }
    return printable(sender.comm, k_longest_quote) + " (" + pid +
           (sender.unit.empty() ? "" : ", in " + printable(sender.unit, k_longest_quote)) + ")";
}

std::string chosen_in_words(const Chosen& chosen) {
    return "pid " + std::to_string(chosen.pid) + " (" + printable(chosen.comm, k_longest_quote) +
           ")";
}

std::string turned_away_in_words(std::uint32_t count) {
    return std::to_string(count) + (count == 1 ? " request" : " requests") +
           " that waited in the slot since it last had a worker that served";
}

std::string queue_lost_in_words(std::uint32_t count) {
    const std::string lost = "shut its listener down and lost its queue";
    return count == 0 ? lost : lost + ": " + connections_in_words(count);
}

std::string connections_in_words(std::uint32_t count) {
    return std::to_string(count) + (count == 1 ? " connection" : " connections");
}

std::string held_in_words(const Unserved& unserved) {
    std::string out;
    if (unserved.held > 0) {
        out = connections_in_words(unserved.held) + " without a request";
    }
    if (unserved.half > 0) {
        out += (out.empty() ? "" : ", ") + requests_in_words(unserved.half) +
               " of which only the beginning had arrived";
    }
    return out.empty() ? "none" : out;
}

std::string open_connections_in_words(std::uint32_t count) {
    return count == 1 ? "1 connection open, no request begun on it"
                      : std::to_string(count) + " connections open, no request begun on them";
}

std::string request_in_words(const InFlight& request) {
    return printable(request.method, k_longest_method) + " " +
           printable(request.uri, k_longest_quote);
}

} // namespace recycler::death
