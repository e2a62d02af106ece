// SPDX-License-Identifier: MIT
// Sentences on workers that exited by themselves: in good order, or not.
#include "recycler/base/text/escape.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/clauses.hpp"
#include "recycler/death/words/hints.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/sentence.hpp"
#include "recycler/death/words/surroundings.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace recycler::death {
namespace {

// Signals on which programs end in good order.
bool was_told_to_end(const Evidence& e) {
    constexpr std::array k_asks{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1};
    return std::ranges::any_of(k_asks, [&](int signal) { return sent_by_another(e, signal); });
}

// Why a worker that nothing was wrong with left.
Telling tell_reason(const Evidence& e) {
    if (served_its_own_count(e.circumstances, e.served)) {
        return {" php-cgi does this after PHP_FCGI_MAX_REQUESTS requests (" +
                    std::to_string(e.circumstances.own_count->most) + ").",
                "To leave the counting to Recycler, set PHP_FCGI_MAX_REQUESTS = \"0\" in "
                "app.environment and use recycle.requests."};
    }
    const std::string why = e.why_not.sender.empty()
                                ? ""
                                : " (" + text::in_ascii(e.why_not.sender, k_longest_quote) + ")";
    return {" Recycler saw no signal to the worker" + why +
                ", and the worker had reached no limit.",
            "Find out why the program ends: it may count its requests or its age itself" +
                std::string(e.why_not.sender == k_no_signal_shown
                                ? ""
                                : ", or a script of yours may send it SIGTERM") +
                ". If it counts, let recycle.requests or recycle.age do that instead."};
}

} // namespace

Telling tell_left(const Evidence& e) {
    const Telling reason = tell_reason(e);
    const auto exhausted = hint_for_exhaustion(e.circumstances);
    return {e.worker + " ended by itself with status 0 between two requests" + after_serving(e) +
                while_ordered(e) + ". Nothing was lost." + reason.sentence +
                (exhausted ? exhausted->said : ""),
            reason.next};
}

Telling tell_exited(const Evidence& e) {
    const int status = std::get<Exited>(*e.status).status;
    std::string out = e.worker + (was_told_to_end(e) ? " ended" : " ended by itself") +
                      " with status " + std::to_string(status) + doing(e) + after_serving(e) +
                      while_ordered(e) + ".";
    if (e.sender) {
        out += " " + sender_in_words(*e.sender) + " had sent it " + signal_name(e.sender->signal) +
               ".";
    }
    if (e.readiness == Readiness::starting) {
        out += " It had never been ready.";
    }
    const Advice advice = hint_for_status(status);
    const auto exhausted = hint_for_exhaustion(e.circumstances);
    // What a signal would look like says nothing of one that ran out of something.
    const bool known = status == 0 && exhausted && !e.sender;
    return {out + (known ? "" : advice.said) + (exhausted ? exhausted->said : "") + last_words(e),
            e.sender ? k_ask_sender : (exhausted ? exhausted->next : advice.next)};
}

} // namespace recycler::death
