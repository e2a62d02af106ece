// SPDX-License-Identifier: MIT
// The words for a worker that stood still while connections waited for it.
#include "recycler/base/text/plural.hpp"
#include "recycler/death/hang.hpp"
#include "recycler/death/words/clauses.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/sentence.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>

namespace recycler::death {
namespace {

bool holds_some(const Evidence& e) {
    return e.unserved && e.unserved->held + e.unserved->half > 0;
}

bool waits_for_its_client(const Evidence& e) {
    return std::ranges::any_of(hangs_of(e.threads),
                               [](const Hang& hang) { return hang.kind == HangKind::client; });
}

std::string how_it_stood(const Evidence& e) {
    if (!e.unserved) {
        return "it served nobody and accepted none of the connections in its queue";
    }
    return "for " + in_words(e.unserved->lasted) +
           " it served nobody, and accepted none of those in " + "its queue (" +
           text::counted_plain(e.unserved->waited, "connection") + " at the end)";
}

// A request that was begun in the very moment in which the worker was told to end is in flight.
std::string what_was_lost(const Evidence& e) {
    const bool half = e.unserved && e.unserved->half > 0;
    if (e.in_flight && !half) {
        return " At that very moment it had begun " + request_in_words(*e.in_flight) +
               ", which was cut off.";
    }
    return std::string(" The next worker serves the queue") +
           (holds_some(e) ? "; the connections that it had accepted were closed with it, and none "
                            "of them had a complete request."
                          : "; nothing was lost.");
}

} // namespace

Telling tell_stuck(const Evidence& e) {
    const Came came = e.unserved && e.unserved->half > 0 ? Came::part : Came::nothing;
    std::string out = e.worker +
                      " was ended because it was stuck (recycle.stuck): " + how_it_stood(e) +
                      after_serving(e) + ".";
    if (holds_some(e)) {
        out += " It had accepted " + held_in_words(*e.unserved) + ".";
    }
    out += hang_in_words(e.threads, came) + what_was_lost(e) + last_words(e);
    if (holds_some(e) && waits_for_its_client(e)) {
        return {out, "Find out who connects to this worker and sends no complete request: a health "
                     "check, a scan, or a balancer that reads bodies late. A worker with one "
                     "thread serves nobody meanwhile, so let only the balancer connect to it."};
    }
    return {out, hint_for_hang(e.threads) + " If it works for that long after an answer, raise "
                                            "recycle.stuck, or write \"off\"."};
}

} // namespace recycler::death
