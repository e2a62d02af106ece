// SPDX-License-Identifier: MIT
#include "recycler/death/words/sentence.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/death/hang.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/clauses.hpp"
#include "recycler/death/words/fates.hpp"
#include "recycler/death/words/hints.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/surroundings.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>

namespace recycler::death {
namespace {

std::string trigger_words(const Evidence& e) {
    return e.order && e.order->trigger ? " (" + std::string(to_string(*e.order->trigger)) + ")"
                                       : "";
}

std::string or_else(const std::optional<Bytes>& amount, const char* otherwise) {
    return amount ? in_words(*amount) : otherwise;
}

std::string peak_words(const Evidence& e) {
    return e.memory_peak ? "; its peak was " + in_words(*e.memory_peak) : "";
}

// Who grew may be another process of the worker's than the one that serves.
std::string with_child(const Evidence& e) {
    return e.chosen_child ? " The kernel chose " + chosen_in_words(*e.chosen_child) +
                                ", a child of this worker, and the whole worker ended with it."
                          : "";
}

std::string oom_proof(const Evidence& e, const char* v2, const char* v1) {
    return std::holds_alternative<OomV2>(e.oom) ? v2 : v1;
}

std::string memory_kills_in_words(const Evidence& e) {
    switch (oom_source(e)) {
    case OomSource::none:
        return "none";
    case OomSource::unclear:
        return "there was one, but Recycler could not read for which limit";
    case OomSource::unreadable:
        return "no counter could be read";
    case OomSource::worker:
    case OomSource::app:
    case OomSource::host:
        return "its cgroup counted an oom_kill, but the wait status does not fit";
    }
    return {};
}

} // namespace

Telling tell_recycled(const Evidence& e) {
    return {e.worker + " was recycled" + trigger_words(e) + after_serving(e) + ". " +
            idle_words(e) + deaf_words(e)};
}

Telling tell_stopped(const Evidence& e) {
    const bool spare = e.worker.starts_with("spare.");
    const char* why = !ordered_for(e, Purpose::cancelled_handover) ? " was stopped as ordered"
                      : spare ? " was stopped: it was not wanted any more to wait for a slot"
                              : " was stopped: Recycler gave up the handover for which it had "
                                "started";
    return {e.worker + why + trigger_words(e) + after_serving(e) + ". " + idle_words(e)};
}

Telling tell_oom_worker(const Evidence& e) {
    const bool starting = e.readiness == Readiness::starting;
    return {e.worker + " outgrew memory.max (" + or_else(e.memory_max, "size unknown") + ")" +
                doing(e) + (starting ? "" : after_serving(e)) + " and was killed by the kernel" +
                while_ordered(e) + ": " +
                oom_proof(e, "its own cgroup counted an oom and an oom_kill",
                          "its own cgroup counted an oom_kill and fired its OOM event, and the "
                          "app's cgroup did not") +
                peak_words(e) + "." + request_growth_in_words(e.circumstances) + with_child(e) +
                " No other worker was affected.",
            starting
                ? "The program needs more memory than memory.max to start. Raise memory.max, or "
                  "find out what it loads at its start."
                : "Find out what " + std::string(e.in_flight ? "that request" : "it") +
                      " allocates. Raise memory.max, or lower recycle.memory so that Recycler "
                      "retires such a worker in time."};
}

Telling tell_oom_app(const Evidence& e) {
    return {
        e.worker + " was killed by the kernel" + doing(e) + after_serving(e) +
            " because all workers together outgrew memory.app_max (" +
            or_else(e.app_max, "size unknown") + ")" + while_ordered(e) + ": " +
            oom_proof(e,
                      "its cgroup counted an oom_kill and the app's cgroup an oom, and it had not "
                      "reached its own limit",
                      "its cgroup counted an oom_kill and the app's cgroup fired its OOM event") +
            peak_words(e) + "." + with_child(e) + " The worker that grew may be another one.",
        "Raise memory.app_max, run fewer workers, or lower recycle.memory."};
}

Telling tell_oom_host(const Evidence& e) {
    return {e.worker + " was killed by the kernel" + doing(e) + after_serving(e) +
                " because memory ran out outside this app" + while_ordered(e) +
                ": its cgroup counted an oom_kill, but neither memory.max nor memory.app_max had "
                "been reached" +
                peak_words(e) + "." + with_child(e) +
                " The machine, or a limit above the app, is too small.",
            "Look for \"oom-kill\" in the kernel log, and set memory.app_max so that this app "
            "leaves room for others."};
}

Telling tell_killed(const Evidence& e) {
    const int signal = fatal_signal(e);
    const bool sender_known = e.sender && e.sender->signal == signal;
    const std::string sent_by = sender_known ? ", sent by " + sender_in_words(*e.sender) + "," : "";
    std::string out = e.worker + " was killed by " + signal_name(signal) + sent_by + doing(e) +
                      after_serving(e) + while_ordered(e) + ". Recycler did not send it";
    if (oom_source(e) == OomSource::none) {
        out += ", and the kernel did not kill for memory (oom_kill is 0)";
    }
    const auto own_doing = hint_for_signal(signal);
    if (own_doing && !sent_by_another(e, signal)) {
        const char* lead = sender_known ? ". That means: " : ". Unless another program sent it: ";
        return {out + lead + own_doing->said, own_doing->next};
    }
    if (sender_known) {
        return {out + ".", sent_by_another(e, signal)
                               ? k_ask_sender
                               : "Find out why it sends itself that signal."};
    }
    return {
        out + ". The sender is not known" +
            (e.why_not.sender.empty() ? "." : ": " + text::in_ascii(e.why_not.sender, 200) + "."),
        "Look in the shell histories and in the audit log for a kill at that time."};
}

namespace {

// A crash that somebody else's signal only looks like.
std::string sent_to_crash(const Evidence& e) {
    return sent_by_another(e, fatal_signal(e))
               ? " The signal was sent by " + sender_in_words(*e.sender) + "."
               : "";
}

bool is_of_libc(const std::string& frame) {
    return frame.find("(libc.so") != std::string::npos || frame.starts_with("libc.so");
}

// The innermost functions, as far as a sentence has room for them; libc's ways to end a program say
// nothing that the signal has not said.
std::string crashed_in(const CoreDumped& core) {
    constexpr std::ptrdiff_t k_told = 3;
    auto from = std::ranges::find_if_not(core.frames, is_of_libc);
    if (from == core.frames.end()) {
        from = core.frames.begin();
    }
    std::string out;
    for (const auto to = from + std::min(core.frames.end() - from, k_told); from != to; ++from) {
        out += (out.empty() ? " It crashed in " : ", called by ") +
               text::in_ascii(*from, k_longest_quote);
    }
    return out.empty() ? out : out + ".";
}

// A program that is refused a thread or a file often gives up by abort().
std::string ran_out_of(const Evidence& e) {
    const auto exhausted = hint_for_exhaustion(e.circumstances);
    return exhausted ? exhausted->said : "";
}

} // namespace

Telling tell_crashed(const Evidence& e) {
    const int signal = fatal_signal(e);
    const std::string out = e.worker + " crashed with " + signal_name(signal) +
                            hint_for_crash(signal) + doing(e) + after_serving(e) +
                            while_ordered(e) + "." + sent_to_crash(e) + ran_out_of(e);
    const auto* core = e.core ? std::get_if<CoreDumped>(&*e.core) : nullptr;
    if (core != nullptr) {
        return {out + crashed_in(*core) + " Core dump: " +
                    text::in_ascii(core->where, k_longest_quote) + "." + last_words(e),
                "Open the core dump with coredumpctl gdb, or gdb."};
    }
    const bool dumped = e.status && std::holds_alternative<Signalled>(*e.status) &&
                        std::get<Signalled>(*e.status).core_dumped;
    if (dumped) {
        return {out + " It dumped core." + last_words(e),
                "Find the core dump with coredumpctl list, or where kernel.core_pattern puts it, "
                "and open it with gdb."};
    }
    const auto* none = e.core ? std::get_if<NoCore>(&*e.core) : nullptr;
    const std::string why =
        none == nullptr ? "" : " (" + text::in_ascii(none->why, k_longest_quote) + ")";
    return {out + " There is no core dump" + why + "." + last_words(e),
            none != nullptr && !none->next.empty()
                ? text::in_ascii(none->next, k_longest_quote)
                : "Check limits.core and kernel.core_pattern, to get one the next time."};
}

Telling tell_forbidden_syscall(const Evidence& e) {
    const std::string name = e.syscall ? text::in_ascii(*e.syscall, 60) : "";
    return {e.worker + " made " +
                (e.syscall ? "the system call " + name : "a system call whose name is not known") +
                ", which its seccomp profile forbids, and the kernel killed it for that (SIGSYS)" +
                doing(e) + after_serving(e) + while_ordered(e) + ".",
            e.syscall
                ? "If the app needs " + name +
                      ", allow it in a profile of your own, named by sandbox.seccomp. If the app "
                      "has no reason to make that call, treat this as a break-in."
                : "To learn the name, set sandbox.seccomp = \"log\" for a while: the kernel then "
                  "lets all calls through, and an event names each call that the profile forbids. "
                  "Then allow the call in a profile of your own, or treat this as a break-in."};
}

Telling tell_hung(const Evidence& e) {
    const Concerned* const named = named_request(e);
    const auto& known = named != nullptr ? named->request : e.in_flight;
    const std::string request = known ? request_in_words(*known) : std::string("one request");
    const std::string running =
        known && known->running ? " had run for " + in_words(*known->running) + "," : " had run";
    return {e.worker + " was ended because it hung: " + request + running +
                " longer than recycle.hung" + (e.served ? "," + after_serving(e) : "") + "." +
                hang_in_words(e.threads) + fate_of_named(e) + last_words(e),
            hint_for_hang(e.threads) + " If such requests may take that long, raise recycle.hung."};
}

Telling tell_drain_cut(const Evidence& e) {
    const bool timed_out = ordered_for(e, Purpose::drain_cut);
    const char* const next = "Find out why such requests take so long, or raise drain.timeout.";
    if (timed_out && !e.in_flight && !e.requests.empty()) {
        return {e.worker + " was ended although it was busy: drain.timeout expired" +
                    trigger_words(e) + after_serving(e) + ".",
                next};
    }
    if (timed_out && e.kept_open > 0) {
        return {e.worker + " was ended: drain.timeout expired" + trigger_words(e) + " with " +
                    open_connections_in_words(e.kept_open) + "," + after_serving(e) +
                    ". No request was cut off, unless one arrived at that very moment.",
                hint_for_kept_open()};
    }
    if (timed_out && !e.in_flight && e.at_end == Activity::idle) {
        return {e.worker + " was ended: drain.timeout expired" + trigger_words(e) +
                    after_serving(e) +
                    " before Recycler saw that it was idle. It had answered all requests, so "
                    "nothing was cut off.",
                "If that happens often, raise drain.timeout."};
    }
    const char* why = timed_out ? " was ended although it was busy: drain.timeout expired"
                                : " was ended at once, although it was busy";
    const std::string cut = e.in_flight ? "Cut off: " + request_in_words(*e.in_flight) + "."
                                        : "Recycler does not know which request was cut off.";
    return {e.worker + why + trigger_words(e) + doing(e) + after_serving(e) + ". " + cut, next};
}

Telling tell_unknown(const Evidence& e) {
    std::string out = "Why " + e.worker + " ended" + doing(e) + after_serving(e) +
                      " is not known. Recycler checked the wait status (" +
                      status_in_words(e.status) + "), its own orders (" + order_in_words(e.order) +
                      "), the kernel's memory kills (" + memory_kills_in_words(e) +
                      "), and the sender of the signal (" +
                      (e.sender ? sender_in_words(*e.sender) : std::string("unknown")) + ").";
    return {out + last_words(e), "Look for \"oom-kill\" in the kernel log at that time."};
}

} // namespace recycler::death
