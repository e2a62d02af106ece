// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/isolating.hpp"

#include "recycler/worker/spawn/capabilities.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// As struct landlock_ruleset_attr of Linux 6.12: the headers that we are built with may be older
// and end with the first member. A kernel is told how much of it there is, and one that knows less
// says E2BIG.
struct RulesetAttributes {
    std::uint64_t handled_access_fs = 0;
    std::uint64_t handled_access_net = 0;
    std::uint64_t scoped = 0;
};
constexpr std::uint64_t k_scope_signal = 1U << 1;
constexpr std::size_t k_without_scopes = sizeof(std::uint64_t);

int landlock_version() {
    return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                                      LANDLOCK_CREATE_RULESET_VERSION));
}

// Every ruleset forbids moving files between folders but where a rule allows it, whether it says
// so or not: each rename would be EXDEV.
int allow_moves(int ruleset) {
    const int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return errno;
    }
    const landlock_path_beneath_attr everything{.allowed_access = LANDLOCK_ACCESS_FS_REFER,
                                                .parent_fd = root};
    const long added = ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                                 &everything, std::uint32_t{0});
    const int error = added < 0 ? errno : 0;
    ::close(root);
    return error;
}

int own_domain_alone() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return errno;
    }
    return enter_own_domain(landlock_version() >= k_landlock_scopes_signals);
}

// What a step answers in a child, which ends with it.
int error_in_child(int (*step)()) {
    const pid_t child = ::fork();
    if (child < 0) {
        return errno;
    }
    if (child == 0) {
        ::_exit(step());
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM; // a system call filter's signal
}

} // namespace

int have_own_shm() {
    if (::unshare(CLONE_NEWNS) < 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) < 0 ||
        ::mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0) {
        return errno;
    }
    return 0;
}

int enter_own_domain(bool scopes_signals) {
    const RulesetAttributes attributes{.handled_access_fs = LANDLOCK_ACCESS_FS_REFER,
                                       .scoped = scopes_signals ? k_scope_signal : 0};
    const std::size_t size = scopes_signals ? sizeof attributes : k_without_scopes;
    const int ruleset = static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, size, std::uint32_t{0}));
    if (ruleset < 0) {
        return errno;
    }
    int error = allow_moves(ruleset);
    if (error == 0 && ::syscall(SYS_landlock_restrict_self, ruleset, std::uint32_t{0}) < 0) {
        error = errno;
    }
    ::close(ruleset);
    return error;
}

IsolationOffer try_isolation() {
    IsolationOffer offer{.is_privileged = capabilities_of(::getpid()).has(CAP_SYS_ADMIN)};
    const int version = landlock_version();
    if (version < 0) {
        offer.domain_error = errno;
    } else {
        offer.landlock = version;
        offer.domain_error =
            version < k_landlock_moves_files ? 0 : error_in_child(own_domain_alone);
    }
    offer.shm_error = offer.is_privileged ? error_in_child(have_own_shm) : EPERM;
    return offer;
}

std::vector<std::string> isolation_warnings(const policies::Sandbox& sandbox) {
    if (!sandbox.isolate) {
        return {};
    }
    IsolationOffer offer = try_isolation();
    if (::geteuid() != 0) {
        offer.is_privileged = true;
        offer.shm_error = 0;
    }
    return isolation_limits(offer, sandbox.no_new_privileges);
}

} // namespace recycler::worker
