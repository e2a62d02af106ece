#include "recycler/death/hints.hpp"

#include "recycler/death/words.hpp"

#include <array>
#include <cerrno>
#include <csignal>

namespace recycler::death {
namespace {

struct Hint {
    int number;
    const char* text;
};

constexpr std::array k_signals{
    Hint{SIGPIPE, "It wrote to a pipe or connection that nobody reads. Next: see which; FastCGI "
                  "programs ignore SIGPIPE."},
    Hint{SIGXCPU, "It used up its CPU time limit (RLIMIT_CPU). Next: see what it computes."},
    Hint{SIGXFSZ, "It wrote a file larger than its limit (RLIMIT_FSIZE). Next: see which."},
    Hint{SIGALRM, "A timer that it had set itself ran out. Next: see who calls alarm() in it."},
    Hint{SIGPROF, "A profiling timer that it had set itself ran out (PHP's max_execution_time is "
                  "one)."},
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
    Hint{ENOENT, " Next: see that it exists, and for a script that the program in its first line "
                 "does."},
    Hint{EACCES, " Next: see that app.user may reach it and, for a program, execute it."},
    Hint{EPERM, " Next: see that the daemon runs as root or has the capability for it."},
    Hint{ENOEXEC, " Next: see that it is a program for this machine, or a script that begins with "
                  "#!."},
    Hint{ENOMEM, " Next: see whether the machine has memory left, and whether memory.max is too "
                 "small to start in."},
    Hint{EAGAIN, " Next: see limits.pids and the process limit of app.user."},
    Hint{ENOSPC, " Next: see whether a disk, or the number of cgroups, is exhausted."},
    Hint{EMFILE, " Next: raise limits.nofile or the daemon's own limit of open files."},
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

std::string hint_for_status(int status) {
    if (status == 0) {
        return " A FastCGI program also ends with status 0 when somebody sends it SIGTERM or "
               "SIGUSR1: libfcgi makes an orderly exit of it.";
    }
    if (status == 126 || status == 127) {
        return status == 127 ? " 127 is what sh and env answer for a command that is not there."
                             : " 126 is what sh and env answer for a command they may not execute.";
    }
    if (status > 128 && status <= 128 + 31) {
        return " A shell answers so for a child that was ended by " + signal_name(status - 128) +
               ".";
    }
    if (status == 255) {
        return " PHP and Perl end so after a fatal error.";
    }
    return {};
}

std::string hint_for_signal(int signal) {
    return look_up(k_signals, signal);
}
std::string hint_for_crash(int signal) {
    return look_up(k_crashes, signal);
}

std::string hint_for_step(std::string_view step, int error) {
    std::string hint = look_up(k_errors, error);
    return hint.empty() ? " Next: see what the policy says for \"" + printable(step, 60) + "\"."
                        : hint;
}

} // namespace recycler::death
