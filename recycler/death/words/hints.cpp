// SPDX-License-Identifier: MIT
#include "recycler/death/words/hints.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/death/words/words.hpp"

#include <array>
#include <cerrno>
#include <csignal>

namespace recycler::death {
namespace {

struct Hint {
    int number;
    const char* text;
};

struct SignalHint {
    int signal;
    const char* said;
    const char* next;
};

constexpr std::array k_signals{
    SignalHint{SIGPIPE, "it wrote to a pipe or connection that nobody reads.",
               "See which pipe or connection that was; FastCGI programs ignore SIGPIPE."},
    SignalHint{SIGXCPU, "it used up its CPU time limit (RLIMIT_CPU).", "See what it computes."},
    SignalHint{SIGXFSZ, "it wrote a file larger than its limit (RLIMIT_FSIZE).",
               "See which file it writes."},
    SignalHint{SIGALRM, "a timer that it had set itself ran out.", "See who calls alarm() in it."},
    SignalHint{SIGVTALRM, "a timer of processor time that it had set itself ran out.",
               "See who calls setitimer() in it."},
    SignalHint{SIGPROF,
               "a profiling timer that it had set itself ran out (PHP's max_execution_time is "
               "one).",
               "See what takes so long, or set max_execution_time to fit."},
};

constexpr std::array k_crashes{
    Hint{SIGSEGV, " (an access to memory it does not have)"},
    Hint{SIGBUS, " (an access beyond the end of a mapped file, or misaligned)"},
    Hint{SIGABRT, " (it gave up by itself: an assertion, a corrupted heap, an uncaught exception)"},
    Hint{SIGILL, " (an instruction that this CPU does not have)"},
    Hint{SIGFPE, " (a division by zero or an overflow)"},
    Hint{SIGTRAP, " (a debugger's breakpoint without a debugger)"},
};

constexpr std::array k_errors{
    Hint{ENOENT, "See that it exists, and for a script that the program in its first line "
                 "does."},
    Hint{EACCES, "See that app.user may reach it and, for a program, execute it."},
    Hint{EPERM, "See that the daemon runs as root or has the capability for it."},
    Hint{ENOEXEC, "See that it is a program for this machine, or a script that begins with "
                  "#!."},
    Hint{ENOMEM, "See whether the machine has memory left, and whether memory.max is too "
                 "small to start in."},
    Hint{EAGAIN, "See limits.pids, the process limit of app.user, and TasksMax= of the unit."},
    Hint{ENOSPC, "See whether a disk, or the number of cgroups, is exhausted."},
    Hint{EMFILE, "Raise limits.nofile or the daemon's own limit of open files."},
};

template <std::size_t n>
std::string look_up(const std::array<Hint, n>& hints, int number) {
    for (const Hint& hint : hints) {
        if (hint.number == number) {
            return hint.text;
        }
    }
    return {};
}

} // namespace

Advice hint_for_status(int status) {
    const std::string look = "Read what it wrote to stderr; if that does not tell, run the command "
                             "by hand as app.user.";
    if (status == 0) {
        return {" A FastCGI program also ends with status 0 when somebody sends it SIGTERM or "
                "SIGUSR1: libfcgi makes an orderly exit of it.",
                "See whether a script or a program of yours sends it signals, or why it leaves by "
                "itself."};
    }
    if (status == 127) {
        return {" 127 is what sh and env answer for a command that is not there.",
                "See that every command it starts is there, and in its PATH (app.environment)."};
    }
    if (status == 126) {
        return {" 126 is what sh and env answer for a command they may not execute.",
                "See that app.user may execute every command it starts."};
    }
    if (status > 128 && status <= 128 + 31) {
        return {" A shell answers so for a child that was ended by " + signal_name(status - 128) +
                    ".",
                look};
    }
    return {status == 255 ? " PHP and Perl end so after a fatal error." : "", look};
}

std::optional<Advice> hint_for_signal(int signal) {
    for (const SignalHint& hint : k_signals) {
        if (hint.signal == signal) {
            return Advice{hint.said, hint.next};
        }
    }
    return std::nullopt;
}

std::string hint_for_kept_open() {
    return "Have the balancer close connections that lie idle sooner than drain.timeout (nginx: "
           "keepalive_timeout, HAProxy: pool-purge-delay, Apache: ttl), or keep none: recyclerctl "
           "lint tells.";
}

std::string hint_for_crash(int signal) {
    return look_up(k_crashes, signal);
}

std::string hint_for_step(std::string_view step, int error) {
    std::string hint = look_up(k_errors, error);
    return hint.empty() ? "See what the policy says for \"" + text::in_ascii(step, 60) + "\"."
                        : hint;
}

} // namespace recycler::death
