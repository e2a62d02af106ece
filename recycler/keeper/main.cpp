// SPDX-License-Identifier: MIT
// recyclerd: prepares the process that the keeper lives in, and runs it.
#include "recycler/keeper/keeper.hpp"
#include "recycler/keeper/protocol/protocol.hpp"
#include "recycler/keeper/system.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::keeper {
namespace {

// Whatever whoever started us had; each worker gets that of its policy.
constexpr mode_t k_umask = 022;

// Numbers 0 to 3 are taken from now on, so that nothing of ours ever stands where a worker or the
// controller expects its own.
bool occupy_low_descriptors() {
    int last = -1;
    do {
        last = ::open("/dev/null", O_RDWR); // not close-on-exec: the controller gets 0 to 2
    } while (last >= 0 && last < k_link_fd);
    if (last > k_link_fd) {
        ::close(last);
    }
    return last >= k_link_fd;
}

// Nothing but a fault of ours ends the keeper: a stray SIGUSR1 or SIGPIPE would take every worker
// along. SIGQUIT still does, on purpose, with a core.
void block_signals() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int number : {SIGQUIT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS}) {
        ::sigdelset(&blocked, number);
    }
    ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
    // Ignored, children would be reaped by the kernel and their status lost; whoever started us may
    // have left it so.
    ::signal(SIGCHLD, SIG_DFL);
}

// Each worker costs five descriptors here.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// When the machine runs out of memory the workers go first, whose loss is one request and not the
// app. Refused without CAP_SYS_RESOURCE (EACCES): then it is as likely as for any other.
void ask_to_be_spared() {
    const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!::write(file, "-900", 4);
        ::close(file);
    }
}

// RECYCLER_WATCHDOG, in milliseconds; 0 switches it off (a debugger in the controller).
Duration watchdog_limit() {
    const char* text = std::getenv("RECYCLER_WATCHDOG");
    if (text == nullptr || *text == '\0') {
        return k_watchdog;
    }
    char* end = nullptr;
    errno = 0;
    const unsigned long value = std::strtoul(text, &end, 10);
    if (*end != '\0' || errno != 0 || value > 3'600'000) {
        say("RECYCLER_WATCHDOG=%s is not a number of milliseconds up to an hour: ignored", text);
        return k_watchdog;
    }
    return std::chrono::milliseconds{value};
}

int run(char** arguments) {
    // Static: large, and memory only where it is used.
    alignas(k_page) static constinit Store store;
    keep_from_children(&store, sizeof store);
    if (arguments[0] == nullptr) {
        return EX_USAGE;
    }
    if (!occupy_low_descriptors() || ::setenv(k_link_variable, "3", 1) < 0 ||
        ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
        say("cannot start: %s", std::strerror(errno));
        return EX_OSERR;
    }
    ::umask(k_umask);
    block_signals();
    raise_descriptor_limit();
    ask_to_be_spared();
    Keeper keeper{{.store = store, .arguments = arguments, .watchdog = watchdog_limit()}};
    return keeper.run();
}

} // namespace
} // namespace recycler::keeper

int main(int, char** arguments) {
    // Without the destructors of what the kernel cleans up faster.
    ::_exit(recycler::keeper::run(arguments));
}
