// SPDX-License-Identifier: MIT
#include "recycler/keeper/program.hpp"

#include "recycler/keeper/system.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace recycler::keeper {
namespace {

// Beside the keeper as in a build folder, or where packages put it.
constexpr const char* k_places[] = {"recycler-controller",
                                    "../libexec/recycler/recycler-controller"};

// As a process is born: no signal blocked, none ignored.
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

} // namespace

void ControllerProgram::find_installed() {
    struct stat file {};
    const char* chosen = std::getenv("RECYCLER_CONTROLLER");
    if (chosen != nullptr && *chosen != '\0') {
        (void)std::snprintf(path_.data(), path_.size(), "%s", chosen);
    } else {
        std::array<char, PATH_MAX> self{};
        (void)!::readlink("/proc/self/exe", self.data(), self.size() - 1);
        char* slash = std::strrchr(self.data(), '/');
        const int length = slash != nullptr ? static_cast<int>(slash - self.data()) : 0;
        for (const char* place : k_places) {
            (void)std::snprintf(path_.data(), path_.size(), "%.*s/%s", length, self.data(), place);
            if (::access(path_.data(), X_OK) == 0) {
                break;
            }
        }
    }
    installed_ = ::stat(path_.data(), &file) == 0 ? identify(file) : Identity{};
}

ControllerProgram::Identity ControllerProgram::identify(const struct stat& file) {
    return {.device = file.st_dev,
            .inode = file.st_ino,
            .changed = file.st_ctim.tv_sec * 1'000'000'000 + file.st_ctim.tv_nsec};
}

ControllerProgram::Source ControllerProgram::choose() const {
    const bool is_usable = installed_ != Identity{} && installed_ != unfit_;
    return kept_ && !is_usable ? Source::kept : Source::installed;
}

StartedController ControllerProgram::start() {
    find_installed();
    source_ = choose();
    StartedController started = fork_controller();
    if (started.error != std::exchange(start_error_, started.error) && started.error != 0) {
        say("cannot start the controller: %s; trying again, the workers go on serving",
            std::strerror(started.error));
    }
    return started;
}

StartedController ControllerProgram::fork_controller() const {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
        return {.error = errno};
    }
    StartedController started{.socket = UniqueFd{ends[0]}};
    const UniqueFd theirs{ends[1]};
    started.pid = ::fork();
    if (started.pid == 0) {
        become_controller(theirs.get());
    }
    started.error = started.pid < 0 ? errno : 0;
    return started;
}

void ControllerProgram::become_controller(int socket) const {
    // Of its own session, so that ^C at the terminal comes once, from the keeper, and not twice.
    ::setsid();
    reset_signals();
    if (::dup2(socket, k_link_fd) < 0) {
        ::_exit(127);
    }
    arguments_[0] = const_cast<char*>(path_.data());
    if (source_ == Source::kept) {
        ::syscall(SYS_execveat, kept_.get(), "", arguments_, environ, AT_EMPTY_PATH);
    } else {
        ::execve(path_.data(), arguments_, environ);
    }
    say("cannot execute the controller %s: %s", path_.data(), std::strerror(errno));
    ::_exit(127);
}

void ControllerProgram::works(pid_t pid) {
    std::array<char, 32> link{};
    (void)std::snprintf(link.data(), link.size(), "/proc/%d/exe", pid);
    // Not by path: the file that stands there now need not be the one that runs.
    UniqueFd running{::open(link.data(), O_PATH | O_CLOEXEC)};
    struct stat file {};
    if (running && ::fstat(running.get(), &file) == 0) {
        kept_ = std::move(running);
        works_ = identify(file);
    }
    unfit_ = source_ == Source::installed ? Identity{} : unfit_;
}

void ControllerProgram::does_not_work() {
    // What worked once is not unfit for having failed now; and when the kept one fails, what is
    // installed gets another try.
    const bool has_other = source_ == Source::installed && installed_ != works_;
    unfit_ = has_other ? installed_ : Identity{};
}

} // namespace recycler::keeper
