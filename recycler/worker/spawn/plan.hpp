// SPDX-License-Identifier: MIT
// The spawn plan: everything that is decided about a worker before it is forked, so that the child
// decides nothing. Made here by the controller, written into a sealed memfd, carried out by
// child.hpp. Knows no policy file and no cgroup.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/spawn/account.hpp"
#include "recycler/worker/spawn/isolation.hpp"
#include "recycler/worker/spawn/plan_view.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace recycler::worker {

struct Identity {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
};

struct SpawnPlan {
    std::vector<std::string> programs; // what execve tries, in this order; see programs_for()
    std::vector<std::string> arguments;
    std::vector<std::string> environment; // "NAME=value"; see environment_for()
    std::string directory = "/";
    std::optional<Identity> identity; // nullopt: the user that runs the keeper, as it is
    std::vector<PlanRlimit>
        rlimits; // a hard limit that cannot be raised is kept, and the soft one cut to it
    std::uint32_t umask = 022;
    std::uint32_t page_fd =
        k_highest_page_fd; // where the worker finds the recorder page; see page_fd_below()
    bool no_new_privs = true;
    Isolation isolation;
    std::optional<std::uint64_t> capabilities; // that it may have, as bits; nullopt: left alone
    std::int32_t nice = 0;
    AcceptTracepoints tracepoints{}; // leaves the counters open, see accept_event.hpp
    // Installed last, after the change of user; without no_new_privs it is installed before it (the
    // kernel wants CAP_SYS_ADMIN then) and has to allow setgroups, setresgid, setresuid, prctl,
    // capset, getppid, chdir, umask and execve.
    std::vector<PlanFilter> filter;
    std::uint32_t filter_flags = 0; // SECCOMP_FILTER_FLAG_LOG or 0
};

// PURE. The plan as bytes. E2BIG: more than the bounds in plan_layout.hpp; EINVAL: a string with a
// NUL in it, no command, or a page fd out of bounds.
[[nodiscard]] Result<std::vector<std::byte>> serialise(const SpawnPlan& plan);

// PURE. What to execute for argv[0]: itself when it has a slash, else every directory of `path`
// with it (an empty entry is the working directory, as execvp reads it).
[[nodiscard]] std::vector<std::string> programs_for(const std::string& argument0,
                                                    const std::string& path);

struct EnvironmentParts {
    const std::map<std::string, std::string>& policy; // wins over all but RECYCLER_PAGE
    const Account& account;                           // HOME, USER, LOGNAME
    std::string recorder; // path of the recorder; empty: none is preloaded
    std::uint32_t page_fd = k_highest_page_fd;
};

// PATH when the policy gives none: that of systemd units.
inline constexpr const char* k_default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// PURE. Where the programs of workers are looked for.
[[nodiscard]] std::string path_of(const std::map<std::string, std::string>& environment);

// PURE. All that the worker gets: PATH, HOME, USER, LOGNAME, the policy's own, RECYCLER_PAGE, and
// LD_PRELOAD with the recorder ahead of the policy's. Sorted by name.
[[nodiscard]] std::map<std::string, std::string> environment_for(const EnvironmentParts& parts);
[[nodiscard]] std::vector<std::string>
as_strings(const std::map<std::string, std::string>& environment);

// PURE. The page's number in a worker that may open `nofile` descriptors: the highest below it and
// below 1024. High, because low numbers are what a program expects of its own open(), shells keep
// theirs at 3-9, 10-63 and 255, and programs that close what they have inherited usually start low;
// below 1024, because more would not fit a select() set. `nofile` is the limit that the worker
// really gets: min(policy, hard limit of the keeper).
[[nodiscard]] std::uint32_t page_fd_below(std::uint64_t nofile);

// A memfd with these bytes that nobody can change any more (F_SEAL_WRITE, SHRINK, GROW, SEAL); what
// Launch wants. `name`: what /proc calls it.
[[nodiscard]] Result<UniqueFd> seal_into_memfd(const std::vector<std::byte>& bytes,
                                               const char* name = "recycler-plan");

} // namespace recycler::worker
