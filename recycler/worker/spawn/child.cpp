// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/child.hpp"

#include "recycler/worker/count/accept_event.hpp"
#include "recycler/worker/spawn/child_rights.hpp"
#include "recycler/worker/spawn/isolating.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// Every step returns 0 or the errno that stopped it.

int enter_cgroups(std::span<const int> tasks) {
    for (const int file : tasks) {
        if (const int error = result_of(::write(file, "0", 1))) {
            return error;
        }
    }
    return 0;
}

// A worker of its own session has no terminal: ^C on a foreground daemon reaches the keeper alone,
// which has the workers drained and not torn out of their requests. It is also the leader of its
// process group, so that kill(-pid) means its children.
int leave_session() {
    return result_of(::setsid());
}

// Ours may be lowered and is inherited; a worker at -1000 would not be killed at its memory limit
// but hang there. Refused where ours is above 0 already, which does no harm.
void reset_oom_score() {
    const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!::write(file, "0", 1);
        ::close(file);
    }
}

// Without CAP_SYS_RESOURCE nobody raises a hard limit (EPERM): the worker then gets as much as
// there is. All else is fatal.
int limit(const PlanRlimit& wanted) {
    rlimit64 next{.rlim_cur = wanted.soft, .rlim_max = wanted.hard};
    int error = result_of(::syscall(SYS_prlimit64, 0, wanted.resource, &next, nullptr));
    if (error != EPERM) {
        return error;
    }
    rlimit64 now{};
    if ((error = result_of(::syscall(SYS_prlimit64, 0, wanted.resource, nullptr, &now)))) {
        return error;
    }
    next.rlim_max = std::min(next.rlim_max, now.rlim_max);
    next.rlim_cur = std::min(next.rlim_cur, next.rlim_max);
    return result_of(::syscall(SYS_prlimit64, 0, wanted.resource, &next, nullptr));
}

int limit_all(const PlanView& plan) {
    for (std::uint32_t i = 0; i < plan.header().rlimits.count; ++i) {
        if (const int error = limit(plan.rlimit(i))) {
            return error;
        }
    }
    return 0;
}

// Closes all from 3 on, except these. Sorts them.
int close_all_but(std::span<int> kept) {
    std::ranges::sort(kept);
    unsigned from = 3;
    for (const int one : kept) {
        const auto number = static_cast<unsigned>(one);
        if (from < number && ::syscall(SYS_close_range, from, number - 1, 0) < 0) {
            return errno;
        }
        from = std::max(from, number + 1);
    }
    return result_of(::syscall(SYS_close_range, from, ~0U, 0));
}

int move_low(int& fd) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (moved < 0) {
        return errno;
    }
    fd = moved;
    return 0;
}

// What it has besides the standard ones and the failure pipe. `fds` have been moved to low numbers,
// which are all below those that they go to.
int place(const ChildDescriptors& fds, int page_fd) {
    if (::dup2(fds.page, page_fd) < 0) {
        return errno;
    }
    std::array<int, 2 + k_channel_files> kept{fds.failure, page_fd};
    std::size_t count = 2;
    for (std::size_t i = 0; fds.channel[0] >= 0 && i < k_channel_files; ++i) {
        const int number = channel_file_below(page_fd, i);
        if (::dup2(fds.channel[i], number) < 0) {
            return errno;
        }
        kept[count++] = number;
    }
    return close_all_but(std::span{kept}.first(count));
}

// The numbers that the parent happened to have may stand where the page belongs. So: the standard
// ones first, then nothing but what the worker gets and the failure pipe is left, then these move
// to low numbers (3 to 12), and last they go to their places.
int place_descriptors(ChildDescriptors& fds, int page_fd) {
    if (::dup2(fds.listener, 0) < 0 || ::dup2(fds.output, 1) < 0 || ::dup2(fds.output, 2) < 0) {
        return errno;
    }
    if (!has_room_for_channel(page_fd)) {
        fds.channel = {-1, -1, -1};
    }
    std::array<int, 2 + k_channel_files> kept{fds.page, fds.failure};
    const bool has_channel = fds.channel[0] >= 0;
    std::ranges::copy(fds.channel, kept.begin() + 2);
    if (const int error = close_all_but(std::span{kept}.first(has_channel ? kept.size() : 2))) {
        return error;
    }
    for (int* fd : {&fds.failure, &fds.page, &fds.channel[0], &fds.channel[1], &fds.channel[2]}) {
        if (const int error = *fd < 0 ? 0 : move_low(*fd)) {
            return error;
        }
    }
    return place(fds, page_fd);
}

// After the change of user, which clears it. The parent may have died before: then no signal will
// ever come.
int bind_to_parent(pid_t parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
        return errno;
    }
    return ::getppid() == parent ? 0 : ESRCH;
}

// Ignored signals live through exec (nohup); everything starts as the kernel starts it.
void reset_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) {
        (void)::sigaction(number, &standard, nullptr); // EINVAL for those that nobody may change
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// As execvp: the next place when a file is not there; a file that is there but may not be executed
// is what is told at the end.
int execute(const PlanView& plan) {
    std::array<char*, k_max_strings + 1> arguments{};
    std::array<char*, k_max_strings + 1> environment{};
    const PlanHeader& header = plan.header();
    for (std::uint32_t i = 0; i < header.arguments.count; ++i) {
        arguments[i] = const_cast<char*>(plan.argument(i));
    }
    for (std::uint32_t i = 0; i < header.environment.count; ++i) {
        environment[i] = const_cast<char*>(plan.variable(i));
    }
    int told = ENOENT;
    for (std::uint32_t i = 0; i < header.programs.count; ++i) {
        ::execve(plan.program(i), arguments.data(), environment.data());
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
            return errno;
        }
        told = errno == EACCES ? EACCES : told;
    }
    return told;
}

struct Outcome {
    Step step = Step::none;
    int error = 0;
};

Outcome become_user(const PlanView& plan) {
    if (const int error = drop_capabilities(plan.header())) {
        return {Step::capabilities, error};
    }
    if (const int error = change_user(plan)) {
        return {Step::user, error};
    }
    return {Step::capabilities, keep_capabilities(plan.header())};
}

bool asks_for(const PlanView& plan, PlanFlags flag) {
    return (plan.header().flags & flag) != 0;
}

// What the kernel lets only those do who gave up their privileges, or have not yet changed the
// user. The filter comes last: it may forbid the rest.
Outcome shut_in(const PlanView& plan) {
    const bool has_domain = asks_for(plan, k_plan_own_domain);
    const bool scoped = asks_for(plan, k_plan_scopes_signals);
    if (const int error = has_domain ? enter_own_domain(scoped) : 0) {
        return {Step::isolation, error};
    }
    return {Step::seccomp, install_filter(plan)};
}

// What takes the rights that the change of user takes.
Outcome use_rights(const PlanView& plan) {
    if (const int error = asks_for(plan, k_plan_own_shm) ? have_own_shm() : 0) {
        return {Step::isolation, error};
    }
    return gives_up_privileges(plan) ? Outcome{} : shut_in(plan);
}

Outcome prepare(const ChildOrder& order, ChildDescriptors& fds) {
    const PlanView& plan = order.plan;
    if (const int error = enter_cgroups(order.tasks)) {
        return {Step::cgroup, error};
    }
    if (const int error = leave_session()) {
        return {Step::session, error};
    }
    reset_oom_score();
    if (const int error = limit_all(plan)) {
        return {Step::rlimits, error};
    }
    if (const int error = place_descriptors(fds, static_cast<int>(plan.header().page_fd))) {
        return {Step::descriptors, error};
    }
    // Before the filter that may forbid it, and the rights that it takes.
    count_own_accepts(plan.header().tracepoints, static_cast<int>(plan.header().page_fd));
    if (const Outcome outcome = use_rights(plan); outcome.error != 0) {
        return outcome;
    }
    if (const int error = result_of(::setpriority(PRIO_PROCESS, 0, plan.header().nice))) {
        return {Step::nice, error};
    }
    if (const Outcome outcome = become_user(plan); outcome.error != 0) {
        return outcome;
    }
    if (const int error = bind_to_parent(order.parent)) {
        return {Step::parent, error};
    }
    if (const int error = result_of(::chdir(plan.directory()))) {
        return {Step::directory, error};
    }
    ::umask(plan.header().umask);
    reset_signals();
    if (const int error = give_up_privileges(plan)) {
        return {Step::sandbox, error};
    }
    return gives_up_privileges(plan) ? shut_in(plan) : Outcome{};
}

} // namespace

const char* to_string(Step step) {
    static constexpr std::array<const char*, k_step_count> k_names{
        "none",        "plan",         "fork",   "cgroup",    "session", "rlimits",
        "descriptors", "user",         "parent", "directory", "sandbox", "exec",
        "seccomp",     "capabilities", "nice",   "isolation",
    };
    const auto index = static_cast<std::size_t>(step);
    return index < k_names.size() ? k_names[index] : "unknown";
}

void run_child(const ChildOrder& order) noexcept {
    ChildDescriptors fds = order.descriptors;
    Outcome outcome = prepare(order, fds);
    if (outcome.error == 0) {
        outcome = {Step::exec, execute(order.plan)};
    }
    const StepFailure failure{.step = outcome.step, .error = outcome.error};
    (void)!::write(fds.failure, &failure, sizeof failure);
    ::_exit(127);
}

} // namespace recycler::worker
