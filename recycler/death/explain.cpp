// SPDX-License-Identifier: MIT
#include "recycler/death/explain.hpp"

#include "recycler/death/cause.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/fates.hpp"
#include "recycler/death/words/listing.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/sentence.hpp"

#include <array>
#include <csignal>
#include <utility>
#include <variant>

namespace recycler::death {
namespace {

struct Row {
    Verdict verdict;
    bool (*proven)(const Evidence&);
    Telling (*tell)(const Evidence&);
    Cause cause;
};

bool step_failed(const Evidence& e) {
    return e.start_failure && std::holds_alternative<StepFailed>(*e.start_failure);
}
bool outgrew_its_limit(const Evidence& e) {
    return died_of_memory(e, OomSource::worker);
}
bool app_outgrew_its_limit(const Evidence& e) {
    return died_of_memory(e, OomSource::app);
}
bool host_ran_out(const Evidence& e) {
    return died_of_memory(e, OomSource::host);
}
bool killed_for_an_unknown_limit(const Evidence& e) {
    return died_of_memory(e, OomSource::unclear);
}
bool called_what_is_forbidden(const Evidence& e) {
    return fatal_signal(e) == SIGSYS && !ended_as_ordered(e) && !sent_by_another(e, SIGSYS);
}
bool crashed(const Evidence& e) {
    return is_crash_signal(fatal_signal(e)) && !ended_as_ordered(e);
}
bool ended_for_not_being_ready(const Evidence& e) {
    return was_not_ready(e) && (ended_as_ordered(e) || !e.order);
}
bool ended_as_hung(const Evidence& e) {
    return ordered_for(e, Purpose::hung) && ended_as_ordered(e);
}
bool ended_as_stuck(const Evidence& e) {
    return ordered_for(e, Purpose::stuck) && ended_as_ordered(e);
}
// Ending a busy worker loses a request, whatever it was ended for: that is never called recycled or
// stopped.
bool cut_off(const Evidence& e) {
    const bool planned = ordered_for(e, Purpose::recycle) || ordered_for(e, Purpose::stop) ||
                         ordered_for(e, Purpose::cancelled_handover);
    return ended_as_ordered(e) && (ordered_for(e, Purpose::drain_cut) || (planned && was_busy(e)));
}
bool recycled(const Evidence& e) {
    return ordered_for(e, Purpose::recycle) && ended_as_ordered(e);
}
bool stopped(const Evidence& e) {
    return ended_as_ordered(e) &&
           (ordered_for(e, Purpose::stop) || ordered_for(e, Purpose::cancelled_handover));
}
// Not ours, and for SIGKILL not the kernel's: its counters say so, or the sender is known.
bool killed_from_outside(const Evidence& e) {
    const int signal = fatal_signal(e);
    if (signal == 0 || ended_as_ordered(e)) {
        return false;
    }
    const bool sender_known = e.sender && e.sender->signal == signal;
    return signal != SIGKILL || sender_known || oom_source(e) == OomSource::none;
}
bool exited(const Evidence& e) {
    return e.status && std::holds_alternative<Exited>(*e.status) && !ended_as_ordered(e);
}
bool always(const Evidence&) {
    return true;
}

// The whole decision: the first row whose proof holds. What the kernel did comes before what we
// ordered, so that a crash or a memory kill during a drain is called by its name; what we ordered
// comes before what others may have done.
constexpr std::array k_rows{
    Row{Verdict::start_failed, step_failed, tell_step_failed, {{}, step_of_start}},
    Row{Verdict::oom_worker, outgrew_its_limit, tell_oom_worker, {"memory.max", by_which_child}},
    Row{Verdict::oom_app, app_outgrew_its_limit, tell_oom_app, {"memory.app_max", by_which_child}},
    Row{Verdict::oom_host, host_ran_out, tell_oom_host, {"memory outside the app", by_which_child}},
    Row{Verdict::unknown, killed_for_an_unknown_limit, tell_unknown, {}},
    Row{Verdict::forbidden_syscall,
        called_what_is_forbidden,
        tell_forbidden_syscall,
        {{}, call_forbidden}},
    Row{Verdict::crashed, crashed, tell_crashed, {{}, signal_of_crash}},
    Row{Verdict::start_failed, ended_for_not_being_ready, tell_not_ready, {"start.timeout"}},
    Row{Verdict::hung, ended_as_hung, tell_hung, {"recycle.hung"}},
    Row{Verdict::stuck, ended_as_stuck, tell_stuck, {"recycle.stuck"}},
    Row{Verdict::drain_cut, cut_off, tell_drain_cut, {{}, what_cut_it_off}},
    Row{Verdict::recycled, recycled, tell_recycled, {}},
    Row{Verdict::stopped, stopped, tell_stopped, {}},
    Row{Verdict::killed, killed_from_outside, tell_killed, {{}, signal_of_whom}},
    Row{Verdict::left, left_by_itself, tell_left, {}},
    Row{Verdict::exited, exited, tell_exited, {{}, status_of_exit}},
    Row{Verdict::unknown, always, tell_unknown, {}},
};

const Row& decide(const Evidence& evidence) {
    for (const Row& row : k_rows) {
        if (row.proven(evidence)) {
            return row;
        }
    }
    return k_rows.back();
}

std::optional<std::string> cause_in_words(const Cause& cause, const Evidence& evidence) {
    std::string words(cause.words);
    if (cause.rest != nullptr) {
        words += cause.rest(evidence);
    }
    return words.empty() ? std::nullopt : std::optional(std::move(words));
}

Kind kind_of(const Evidence& evidence, Verdict verdict) {
    const bool died_starting =
        evidence.readiness == Readiness::starting && !ended_as_ordered(evidence);
    return verdict == Verdict::start_failed || died_starting ? Kind::start_failure : Kind::end;
}

} // namespace

Explanation explain(const Evidence& evidence) {
    const Row& row = decide(evidence);
    Telling told = row.tell(evidence);
    told.sentence += fates_of_others(evidence);
    if (evidence.turned_away > 0) {
        told.sentence +=
            " Turned away meanwhile: " + turned_away_in_words(evidence.turned_away) + ".";
    }
    return Explanation{
        .verdict = row.verdict,
        .kind = kind_of(evidence, row.verdict),
        .cause = cause_in_words(row.cause, evidence),
        .trigger = evidence.order ? evidence.order->trigger : std::nullopt,
        .sentence = std::move(told.sentence),
        .next = std::move(told.next),
        .evidence = list_evidence(evidence),
    };
}

} // namespace recycler::death
