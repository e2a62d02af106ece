#include "recycler/controller/containment.hpp"

#include "cgroups/proc_usage.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace recycler::controller {

Result<Containment> Containment::open(const policies::Policy& policy,
                                      std::span<const pid_t> supervisors, Proof proof) {
    Containment containment;
    auto tree = cgroups::Tree::open(policy.app.name, supervisors);
    Result<void> works = tree ? Result<void>() : Result<void>(tree.error());
    if (tree && proof == Proof::needed) {
        works = tree->prove();
    }
    if (works && (policy.memory.app_max || proof == Proof::needed)) {
        works = tree->set_app_max(policy.memory.app_max);
    }
    if (!works) {
        if (policy.memory.enforcement == policies::Enforcement::required) {
            return Error{
                works.error().code,
                works.error().context +
                    "; memory limits cannot be enforced here. Start it with rights to a cgroup (as "
                    "root, or as a systemd unit with Delegate=yes), or set memory.enforcement = "
                    "\"preferred\" to run without"};
        }
        containment.limitations_.push_back(
            "No cgroup could be had, so the kernel enforces no memory limit; memory is watched "
            "through /proc instead: " +
            works.error().message() + ".");
        return containment;
    }
    containment.limitations_ = tree->limitations();
    containment.tree_ = std::move(*tree);
    return containment;
}

Result<UniqueFd> Containment::claim() const {
    if (!tree_) {
        return UniqueFd();
    }
    auto claim = tree_->claim();
    if (!claim && claim.error().code == EWOULDBLOCK) {
        return Error{0, "another recyclerd holds the cgroup " + tree_->path() +
                            ": an app of the same name runs with another RECYCLER_RUNTIME_DIR; stop it, or give "
                            "this app another name"};
    }
    return claim;
}

Result<std::optional<cgroups::Group>> Containment::create(const std::string& name,
                                                          const policies::Policy& policy) {
    if (!tree_) {
        return std::optional<cgroups::Group>();
    }
    const cgroups::Limits limits{
        .memory_max = policy.memory.max,
        .swap_max = policy.memory.max ? std::optional(policy.memory.swap_max) : std::nullopt,
        .pids_max = policy.limits.pids,
        .cpu_weight = policy.limits.cpu_weight};
    auto group = tree_->create(name, limits);
    if (!group) {
        return std::move(group).error();
    }
    return std::optional(std::move(*group));
}

Result<cgroups::Group> Containment::reopen(const std::string& name) {
    if (!tree_) {
        return Error{ENOENT, "find the cgroup of " + name};
    }
    return tree_->reopen(name);
}

UniqueFd Containment::watch_app_oom() {
    if (!tree_ || tree_->version() != cgroups::Version::v1) {
        return UniqueFd();
    }
    auto eventfd = tree_->oom_eventfd();
    if (!eventfd) {
        limitations_.push_back(
            "Deaths by app_max cannot be told from others: " + eventfd.error().message() + ".");
        return UniqueFd();
    }
    return std::move(*eventfd);
}

AppOom Containment::take_app_oom() {
    AppOom oom;
    if (!tree_) {
        return oom;
    }
    if (tree_->version() == cgroups::Version::v1) {
        std::uint64_t count = 0;
        const bool fired = app_oom_eventfd_ &&
                           ::read(app_oom_eventfd_.get(), &count, sizeof count) == sizeof count;
        oom.v1_fired = app_oom_eventfd_ ? std::optional(fired) : std::nullopt;
    } else if (const auto counts = tree_->oom(); counts && counts->oom) {
        oom.v2_count = *counts->oom - std::min(*counts->oom, app_oom_counted_);
        app_oom_counted_ = *counts->oom;
    }
    return oom;
}

Bytes Containment::room(const policies::Policy& policy) {
    const auto host = cgroups::host_available();
    Bytes room = host ? *host : Bytes{};
    if (tree_ && policy.memory.app_max) {
        if (const auto usage = tree_->usage()) {
            room = std::min(room, *policy.memory.app_max - usage->bloat);
        }
    }
    return room;
}

void Containment::sweep(std::span<const std::string> keep) {
    if (tree_) {
        if (const auto swept = tree_->sweep(keep); !swept) {
            limitations_.push_back("A cgroup left over from before could not be removed: " +
                                   swept.error().message() + ".");
        }
    }
}

void Containment::remove() {
    if (tree_) {
        (void)tree_->remove(); // best effort at the very end; the next start finds and sweeps it
    }
}

Result<std::vector<pid_t>> processes_of(const LiveWorker& worker) {
    if (worker.group) {
        auto listed = worker.group->procs();
        if (listed || worker.pid == 0) {
            return listed;
        }
    }
    if (worker.pid == 0) {
        return std::vector<pid_t>();
    }
    return cgroups::proc_tree(worker.pid);
}

Result<cgroups::Usage> usage_of(LiveWorker& worker) {
    if (worker.group) {
        auto usage = worker.group->usage();
        if (usage || worker.pid == 0) {
            return usage;
        }
    }
    const auto pids = processes_of(worker);
    if (!pids) {
        return pids.error();
    }
    return cgroups::proc_usage(*pids);
}

} // namespace recycler::controller
