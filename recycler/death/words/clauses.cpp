// SPDX-License-Identifier: MIT
#include "recycler/death/words/clauses.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/plural.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/reported.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>
#include <csignal>

namespace recycler::death {

namespace {

bool is_blank(std::string_view line) {
    return text::trimmed(line).empty();
}

} // namespace

std::string doing(const Evidence& e) {
    if (e.in_flight) {
        std::string out = " while serving " + request_in_words(*e.in_flight);
        return e.in_flight->running ? out + " for " + in_words(*e.in_flight->running) : out;
    }
    if (e.readiness == Readiness::starting) {
        return " while it was starting";
    }
    if (was_busy(e)) {
        return " while it was busy with a request";
    }
    if (!e.requests.empty()) {
        return " at the end of a request";
    }
    return e.at_end == Activity::idle ? " between two requests" : "";
}

std::string after_serving(const Evidence& e) {
    return e.served ? " after " + text::counted_plain(*e.served, "request") : "";
}

std::string while_ordered(const Evidence& e) {
    if (!e.order || ended_as_ordered(e)) {
        return "";
    }
    std::string out = " (our order at that time: " + order_in_words(e.order);
    return e.order->trigger ? out + ", trigger " + std::string(to_string(*e.order->trigger)) + ")"
                            : out + ")";
}

std::string last_words(const Evidence& e) {
    if (e.report && !ended_as_ordered(e)) {
        return reported_in_words(e);
    }
    if (e.stderr_tail.empty()) {
        return " The record has no output on stderr.";
    }
    // Ruby's report of a crash ends with an empty line.
    const auto last = std::find_if_not(e.stderr_tail.rbegin(), e.stderr_tail.rend(), is_blank);
    if (last == e.stderr_tail.rend()) {
        return " It wrote only empty lines to stderr.";
    }
    return " Its last line on stderr: \"" + text::in_ascii(*last, k_longest_quote) + "\".";
}

std::string deaf_words(const Evidence& e) {
    const auto* kill = e.order ? std::get_if<KillSent>(&e.order->sent) : nullptr;
    if (kill == nullptr || !kill->stop_signal || *kill->stop_signal == SIGKILL ||
        fatal_signal(e) != SIGKILL) {
        return "";
    }
    return " It did not end on " + signal_name(*kill->stop_signal) + ", so Recycler killed it.";
}

std::string idle_words(const Evidence& e) {
    return e.queue_lost                 ? "It " + queue_lost_in_words(*e.queue_lost) + "."
           : !e.requests.empty()        ? "It was busy when it was told to end."
           : e.at_end == Activity::idle ? "It was idle, so nothing was lost."
                                        : "No request was known to be in flight.";
}

} // namespace recycler::death
