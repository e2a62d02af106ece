// SPDX-License-Identifier: MIT
#include "recycler/death/words/hints.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/death/words/words.hpp"

#include <array>
#include <cerrno>
#include <csignal>

namespace recycler::death {
namespace {

// Of a path, which is all that says which file is meant.
constexpr std::size_t k_longest_name = 200;

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
    SignalHint{
        SIGPIPE, "it wrote to a pipe or connection from which nobody reads.",
        "Find out which pipe or connection that was. FastCGI programs should ignore SIGPIPE."},
    SignalHint{SIGXCPU, "it used up its CPU time limit (RLIMIT_CPU).",
               "Find out what it computes."},
    SignalHint{SIGXFSZ, "it wrote a file larger than its limit (RLIMIT_FSIZE).",
               "Find out which file it writes."},
    SignalHint{SIGALRM, "a timer that it had set itself expired.",
               "Find out which code calls alarm()."},
    SignalHint{SIGVTALRM, "a timer of processor time that it had set itself expired.",
               "Find out which code calls setitimer()."},
    SignalHint{
        SIGPROF,
        "a profiling timer that it had set itself expired (PHP's max_execution_time is one).",
        "Find out what takes so long, or raise max_execution_time."},
};

constexpr std::array k_crashes{
    Hint{SIGSEGV, " (it accessed memory that it does not have)"},
    Hint{SIGBUS, " (it accessed a mapped file beyond its end, or a misaligned address)"},
    Hint{SIGABRT, " (it aborted: a failed assertion, a corrupted heap, an uncaught exception)"},
    Hint{SIGILL, " (it executed an instruction that this CPU does not have)"},
    Hint{SIGFPE, " (it divided by zero, or a result overflowed)"},
    Hint{SIGTRAP, " (it reached a breakpoint without a debugger)"},
};

constexpr std::array k_errors{
    Hint{ENOENT, "Check that it exists."},
    Hint{EACCES, "Check that app.user may reach it and, for a program, execute it."},
    Hint{EPERM, "Check that the daemon runs as root or has the capability for this."},
    Hint{E2BIG, "Shorten app.command and app.environment: the kernel takes at most 128 KiB of one "
                "argument or variable, and of all together a quarter of the stack's limit (2 MiB "
                "of 8 MiB)."},
    Hint{ENOEXEC, "Check that it is a program for this machine, or a script that begins with #!."},
    Hint{ENOMEM, "Check whether the machine has memory left, and whether memory.max is too small "
                 "for a start."},
    Hint{EAGAIN, "Check limits.pids, the process limit of app.user, and TasksMax= of the unit."},
    Hint{ENOSPC, "Check whether a disk is full, or the number of cgroups is exhausted."},
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

// Not there, or what interprets it is not.
std::string hint_for_program(const StepFailed& failed) {
    const std::string on = text::in_ascii(failed.on, k_longest_name);
    const std::string missing = text::in_ascii(failed.missing, k_longest_name);
    if (failed.missing.empty()) {
        return "The file is there. Run ldd on it: the program may name a loader that is missing. "
               "With sandbox.isolate, check that the worker can see the file: the worker has a "
               "/tmp of its own.";
    }
    if (failed.missing.ends_with('\r')) {
        return "The first line of " + on +
               " ends with a carriage return: save the file with the line ends of Unix.";
    }
    if (failed.missing != failed.on) {
        return "Install " + missing + ", or correct the first line of " + on + ".";
    }
    return failed.on.find('/') == std::string::npos
               ? "Install " + on +
                     ", or correct app.command: no folder of PATH (app.environment) "
                     "has such a program."
               : "Install " + on + ", or correct app.command: there is no such file.";
}

std::string hint_for_directory(const StepFailed& failed) {
    const std::string on =
        failed.on.empty() ? "the directory" : text::in_ascii(failed.on, k_longest_name);
    return failed.error == ENOENT
               ? "Make the directory (mkdir -p " + on + "), or correct app.directory."
               : "Let app.user enter " + on +
                     " and every directory above it (chmod, x), or correct app.directory.";
}

} // namespace

Advice hint_for_status(int status) {
    const std::string look = "Read what it wrote to stderr. If that does not say why, run the "
                             "command by hand as app.user.";
    if (status == 0) {
        return {" A FastCGI program also ends with status 0 on SIGTERM or SIGUSR1, because libfcgi "
                "turns these into an orderly exit.",
                "Find out whether a script or a program of yours sends it signals, or why it exits "
                "by itself."};
    }
    if (status == 127) {
        return {" sh and env exit with 127 if a command does not exist.",
                "Check that every command that it starts exists, and is in its PATH "
                "(app.environment)."};
    }
    if (status == 126) {
        return {" sh and env exit with 126 if they may not execute a command.",
                "Check that app.user may execute every command that it starts."};
    }
    if (status > 128 && status <= 128 + 31) {
        return {" A shell exits with this status if its child was ended by " +
                    signal_name(status - 128) + ".",
                look};
    }
    return {status == 255 ? " PHP and Perl exit with this status after a fatal error." : "", look};
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
    return "Have the balancer close idle connections sooner than drain.timeout (nginx: "
           "keepalive_timeout, HAProxy: pool-purge-delay, Apache: ttl), or keep none; recyclerctl "
           "lint says how.";
}

std::string hint_for_crash(int signal) {
    return look_up(k_crashes, signal);
}

std::string hint_for_step(const StepFailed& failed) {
    const std::string& step = failed.step;
    if (step == "exec" && failed.error == ENOENT) {
        return hint_for_program(failed);
    }
    if (step == "directory" && (failed.error == ENOENT || failed.error == EACCES)) {
        return hint_for_directory(failed);
    }
    if (step == "isolation") {
        return "Check that the daemon has CAP_SYS_ADMIN, and that user.max_mnt_namespaces and "
               "fs.mount-max (sysctl) leave room; without sandbox.isolate the worker starts.";
    }
    std::string hint = look_up(k_errors, failed.error);
    return hint.empty() ? "Check what the policy says for \"" + text::in_ascii(step, 60) + "\"."
                        : hint;
}

} // namespace recycler::death
