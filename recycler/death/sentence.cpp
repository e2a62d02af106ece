#include "recycler/death/sentence.hpp"

#include "recycler/death/hints.hpp"
#include "recycler/death/phrases.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words.hpp"

namespace recycler::death {
namespace {

// " while serving GET /cart for 2.1s", " between two requests", " while it was starting", or
// nothing where nobody knows.
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
    return e.at_end == Activity::idle ? " between two requests" : "";
}

std::string after_serving(const Evidence& e) {
    return e.served ? " after " + requests_in_words(*e.served) : "";
}

// " (it was being recycled, trigger memory)": an end that came in the middle of our order, but not
// from it.
std::string while_ordered(const Evidence& e) {
    if (!e.order || ended_as_ordered(e)) {
        return "";
    }
    std::string out = " (our order at that time: " + order_in_words(e.order);
    return e.order->trigger ? out + ", trigger " + std::string(to_string(*e.order->trigger)) + ")"
                            : out + ")";
}

std::string trigger_words(const Evidence& e) {
    return e.order && e.order->trigger ? " (" + std::string(to_string(*e.order->trigger)) + ")"
                                       : "";
}

std::string or_else(const std::optional<Bytes>& amount, const char* otherwise) {
    return amount ? in_words(*amount) : otherwise;
}

std::string last_words(const Evidence& e) {
    if (e.stderr_tail.empty()) {
        return " It wrote nothing to stderr that was kept.";
    }
    return " Its last line on stderr: \"" + printable(e.stderr_tail.back(), k_longest_quote) +
           "\".";
}

std::string peak_words(const Evidence& e) {
    return e.memory_peak ? ", its peak was " + in_words(*e.memory_peak) : "";
}

std::string oom_proof(const Evidence& e, const char* v2, const char* v1) {
    return std::holds_alternative<OomV2>(e.oom) ? v2 : v1;
}

// How a worker that we told to end went, where that is worth a word.
std::string idle_words(const Evidence& e) {
    return e.at_end == Activity::idle ? "It was idle, so nothing was lost."
                                      : "No request was known to be in flight.";
}

} // namespace

std::string tell_recycled(const Evidence& e) {
    return e.worker + " was recycled" + trigger_words(e) + after_serving(e) + ". " + idle_words(e) +
           " Nothing to do.";
}

std::string tell_stopped(const Evidence& e) {
    const char* why = ordered_for(e, Purpose::cancelled_handover)
                          ? " was stopped: the handover it was started for was given up"
                          : " was stopped as ordered";
    return e.worker + why + trigger_words(e) + after_serving(e) + ". " + idle_words(e) +
           " Nothing to do.";
}

std::string tell_left(const Evidence& e) {
    return e.worker + " ended by itself with status 0 between two requests" + after_serving(e) +
           while_ordered(e) +
           ". Nothing was lost. PHP_FCGI_MAX_REQUESTS does that (php-cgi leaves after 500 requests "
           "unless it is set); to have it decided here, set PHP_FCGI_MAX_REQUESTS = \"0\" in "
           "app.environment and use recycle.requests.";
}

std::string tell_oom_worker(const Evidence& e) {
    return e.worker + " outgrew memory.max (" + or_else(e.memory_max, "size unknown") + ")" +
           doing(e) + after_serving(e) + " and was killed by the kernel" + while_ordered(e) + ": " +
           oom_proof(e, "oom and oom_kill of its own cgroup went up",
                     "oom_kill and the OOM event of its own cgroup went up, the app's stayed "
                     "silent") +
           peak_words(e) +
           ". Only this worker was hit. Next: see what that request allocates; raise memory.max, "
           "or "
           "lower recycle.memory so that it is retired in time.";
}

std::string tell_oom_app(const Evidence& e) {
    return e.worker + " was killed by the kernel" + doing(e) + after_serving(e) +
           " because all workers together outgrew memory.app_max (" +
           or_else(e.app_max, "size unknown") + ")" + while_ordered(e) + ": " +
           oom_proof(e, "its oom_kill went up with the app's own oom, its own limit had not fired",
                     "its oom_kill went up and the app's OOM event fired") +
           peak_words(e) +
           ". It need not be the one that grew. Next: raise memory.app_max, run fewer workers, or "
           "lower recycle.memory.";
}

std::string tell_oom_host(const Evidence& e) {
    return e.worker + " was killed by the kernel" + doing(e) + after_serving(e) +
           " because memory ran out outside this app" + while_ordered(e) +
           ": its oom_kill went up, yet neither memory.max nor memory.app_max had fired" +
           peak_words(e) +
           ". The machine, or a limit above the app, is too small. Next: look for \"oom-kill\" in "
           "the kernel log, and set memory.app_max so that this app leaves room for others.";
}

std::string tell_killed(const Evidence& e) {
    const int signal = fatal_signal(e);
    const bool sender_known = e.sender && e.sender->signal == signal;
    const std::string own_doing = hint_for_signal(signal);
    std::string out = e.worker + " was killed by " + signal_name(signal);
    if (sender_known) {
        out += " from " + sender_in_words(e.sender);
    }
    out += doing(e) + after_serving(e) + while_ordered(e) + ". Recycler did not send it";
    if (oom_source(e) == OomSource::none) {
        out += ", and the kernel did not kill for memory (oom_kill is 0)";
    }
    if (sender_known) {
        return out + ". Next: ask whoever runs that program.";
    }
    return out + ". " +
           (own_doing.empty() ? "The kernel did not tell who did. Next: look for who ran kill at "
                                "that time, in the shell histories and in the audit log."
                              : own_doing);
}

std::string tell_crashed(const Evidence& e) {
    const int signal = fatal_signal(e);
    std::string out = e.worker + " crashed with " + signal_name(signal) + hint_for_crash(signal) +
                      doing(e) + after_serving(e) + while_ordered(e) + ".";
    if (e.core_dump) {
        return out + " Core dump: " + printable(*e.core_dump, k_longest_quote) +
               ". Next: open it with coredumpctl gdb, or gdb." + last_words(e);
    }
    const bool dumped = e.status && std::holds_alternative<Signalled>(*e.status) &&
                        std::get<Signalled>(*e.status).core_dumped;
    return out +
           (dumped ? " It dumped core; coredumpctl list, or kernel.core_pattern, says where."
                   : " No core was dumped. Next: check limits.core and kernel.core_pattern, so "
                     "that the next crash leaves one.") +
           last_words(e);
}

std::string tell_forbidden_syscall(const Evidence& e) {
    const std::string call = e.syscall ? "the system call " + printable(*e.syscall, 60)
                                       : "a system call that the kernel's log did not name";
    return e.worker + " made " + call + ", which its seccomp profile forbids, and was killed" +
           doing(e) + after_serving(e) + while_ordered(e) +
           " (SIGSYS). Next: if the app needs it, allow it in a profile named by sandbox.seccomp; "
           "sandbox.seccomp = \"log\" lets all calls pass and logs them. If not, treat it as a "
           "break-in.";
}

std::string tell_exited(const Evidence& e) {
    const int status = std::get<Exited>(*e.status).status;
    std::string out = e.worker + " ended by itself with status " + std::to_string(status) +
                      doing(e) + after_serving(e) + while_ordered(e) + ".";
    if (e.sender) {
        out += " " + signal_name(e.sender->signal) + " had come from " + sender_in_words(e.sender) +
               ".";
    }
    if (e.readiness == Readiness::starting) {
        out += " It had never been ready.";
    }
    return out + hint_for_status(status) + last_words(e);
}

std::string tell_hung(const Evidence& e) {
    const std::string request =
        e.in_flight ? request_in_words(*e.in_flight) : std::string("one request");
    const std::string running = e.in_flight && e.in_flight->running
                                    ? " had run for " + in_words(*e.in_flight->running) + ","
                                    : " had run";
    return e.worker + " was ended because it hung: " + request + running +
           " longer than recycle.hung" + after_serving(e) +
           ". That request was cut off. Next: see what it waits for (a lock, a database, a far "
           "server); if such requests may take that long, raise recycle.hung." +
           last_words(e);
}

std::string tell_drain_cut(const Evidence& e) {
    const char* why = ordered_for(e, Purpose::drain_cut)
                          ? " was ended although busy: drain.timeout ran out"
                          : " was ended at once, although busy";
    std::string out = e.worker + why + trigger_words(e) + doing(e) + after_serving(e) + ". ";
    if (e.in_flight) {
        out += "Cut off: " + request_in_words(*e.in_flight) + ".";
    } else {
        out += e.at_end == Activity::idle
                   ? "It finished what it had before it went: nothing was cut."
                   : "Which request was cut is not known.";
    }
    return out +
           " Next: if such requests are right, raise drain.timeout; else find out why it takes "
           "so long.";
}

std::string tell_step_failed(const Evidence& e) {
    const auto& failure = std::get<StepFailed>(*e.start_failure);
    return e.worker + " could not be started: step \"" + printable(failure.step, 60) + "\"" +
           (failure.on.empty() ? "" : " on " + printable(failure.on, 200)) + " failed with " +
           errno_name(failure.error) + "." + hint_for_step(failure.step, failure.error) +
           " It is tried again, ever more slowly.";
}

std::string tell_not_ready(const Evidence& e) {
    const NotReady* failure = e.start_failure ? std::get_if<NotReady>(&*e.start_failure) : nullptr;
    return e.worker + " was ended because it was not ready within start.timeout" +
           (failure != nullptr ? " (" + in_words(failure->timeout) + ")" : "") +
           ". Next: start the command by hand as its user; if it only needs longer, raise "
           "start.timeout; if it never calls accept(), see start.ready." +
           last_words(e);
}

std::string tell_unknown(const Evidence& e) {
    std::string out = "Why " + e.worker + " ended" + doing(e) + after_serving(e) +
                      " is not known. Checked: wait status (" + status_in_words(e.status) +
                      "), our own orders (" + order_in_words(e.order) + "), ";
    switch (oom_source(e)) {
    case OomSource::none:
        out += "the kernel's memory kills (none)";
        break;
    case OomSource::unclear:
        out += "the kernel's memory kills (it was one, but of which limit could not be read)";
        break;
    case OomSource::unreadable:
        out += "the kernel's memory kills (no counter could be read)";
        break;
    case OomSource::worker:
    case OomSource::app:
    case OomSource::host:
        out += "the kernel's memory kills (oom_kill went up, but the wait status does not fit)";
        break;
    }
    return out + ", the sender of the signal (" + sender_in_words(e.sender) +
           "). Next: look for \"oom-kill\" in the kernel log at that time." + last_words(e);
}

} // namespace recycler::death
