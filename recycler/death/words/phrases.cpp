// SPDX-License-Identifier: MIT
#include "recycler/death/words/phrases.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/base/text/plural.hpp"
#include "recycler/death/words/words.hpp"

namespace recycler::death {
std::string order_in_words(const std::optional<Order>& order) {
    if (!order) {
        return "none";
    }
    std::string out(to_string(order->purpose));
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
    return text::in_ascii(sender.comm, k_longest_quote) + " (" + pid +
           (sender.unit.empty() ? "" : ", in " + text::in_ascii(sender.unit, k_longest_quote)) +
           ")";
}

std::string chosen_in_words(const Chosen& chosen) {
    return "pid " + std::to_string(chosen.pid) + " (" +
           text::in_ascii(chosen.comm, k_longest_quote) + ")";
}

std::string turned_away_in_words(std::uint32_t count) {
    return text::counted_plain(count, "request") +
           " that waited in the slot since it last had a worker that served";
}

std::string queue_lost_in_words(std::uint32_t count) {
    const std::string lost = "shut its listener down and lost its queue";
    return count == 0 ? lost : lost + ": " + text::counted_plain(count, "connection");
}

std::string held_in_words(const Unserved& unserved) {
    std::string out;
    if (unserved.held > 0) {
        out = text::counted_plain(unserved.held, "connection") + " without a request";
    }
    if (unserved.half > 0) {
        text::add_to(out, ", ",
                     text::counted_plain(unserved.half, "request") +
                         " of which only the beginning had arrived");
    }
    return out.empty() ? "none" : out;
}

std::string open_connections_in_words(std::uint32_t count) {
    return count == 1 ? "1 connection open, no request begun on it"
                      : std::to_string(count) + " connections open, no request begun on them";
}

std::string request_in_words(const InFlight& request) {
    if (request.method.empty() && request.uri.empty()) {
        return "a request of which only the beginning had arrived";
    }
    return text::in_ascii(request.method, k_longest_method) + " " +
           text::in_ascii(request.uri, k_longest_quote);
}

} // namespace recycler::death
