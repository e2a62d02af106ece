// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/containment.hpp"

#include "cgroups/proc_usage.hpp"

#include <algorithm>
#include <cerrno>

namespace recycler::controller {

namespace {

// Between two looks at the memory of the app and of the machine.
constexpr Duration k_memory_looks = std::chrono::seconds(1);

// A weight like everybody's needs no cgroup of its own, and being put into one costs a worker time
// at its start.
bool weighs(const policies::Policy& policy) {
    return policy.limits.cpu_weight != policies::Limits{}.cpu_weight;
}

} // namespace

Result<Containment> Containment::open(const policies::Policy& policy,
                                      std::span<const pid_t> supervisors, cgroups::Entry of_dummy) {
    Containment containment;
    containment.of_dummy_ = of_dummy;
    containment.supervisors_.assign(supervisors.begin(), supervisors.end());
    containment.cpu_groups_ =
        weighs(policy) ? cgroups::CpuGroups::made : cgroups::CpuGroups::left_out;
    auto tree = cgroups::Tree::open(policy.app.name, supervisors, containment.cpu_groups_);
    if (!tree) {
        if (auto goes_on = containment.cannot_enforce(policy, tree.error()); !goes_on) {
            return std::move(goes_on).error();
        }
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
                            ": an app of the same name runs with another RECYCLER_RUNTIME_DIR; "
                            "stop it, or give this app another name"};
    }
    return claim;
}

Result<void> Containment::prove(const policies::Policy& policy) {
    if (!tree_) {
        return {};
    }
    auto works = tree_->set_app_max(policy.memory.app_max);
    if (works) {
        works = tree_->prove(of_dummy_);
    }
    if (works) {
        return {};
    }
    (void)tree_->remove(); // nothing is in it
    tree_.reset();
    return cannot_enforce(policy, works.error());
}

Result<void> Containment::change_app_max(const policies::Policy& policy) {
    return tree_ ? tree_->set_app_max(policy.memory.app_max) : Result<void>();
}

bool Containment::must_reopen_for(const policies::Policy& policy) const {
    return tree_ && tree_->version() == cgroups::Version::v1 && weighs(policy) &&
           cpu_groups_ == cgroups::CpuGroups::left_out;
}

Result<void> Containment::cannot_enforce(const policies::Policy& policy, const Error& error) {
    if (policy.memory.enforcement == policies::Enforcement::required) {
        return Error{
            0, error.message() +
                   ". Without a cgroup the kernel cannot enforce memory limits, and the policy "
                   "requires them; to run without, set memory.enforcement = \"preferred\""};
    }
    limitations_.push_back("Recycler cannot create a cgroup here, so the kernel enforces no memory "
                           "limit, and Recycler reads the memory of workers from /proc instead: " +
                           error.message() + ".");
    return {};
}

// Somebody may remove an empty tree, or one whose workers he has moved elsewhere. Without it no
// worker could be started until the daemon is.
Result<void> Containment::make_anew_if_gone(const policies::Policy& policy) {
    if (!tree_ || tree_->stands()) {
        return {};
    }
    auto tree = cgroups::Tree::open(policy.app.name, supervisors_, cpu_groups_);
    if (!tree) {
        return std::move(tree).error();
    }
    Holds holds;
    auto claimed = tree->claim();
    if (!claimed) {
        return std::move(claimed).error();
    }
    holds.path = tree->path();
    holds.claim = std::move(*claimed);
    if (auto limited = tree->set_app_max(policy.memory.app_max); !limited) {
        return limited;
    }
    tree_ = std::move(*tree);
    holds.app_oom = watch_app_oom();
    if (made_anew_) {
        made_anew_(holds);
    }
    adopt_app_oom(std::move(holds.app_oom));
    return {};
}

Result<std::optional<cgroups::Group>> Containment::create(const std::string& name,
                                                          const policies::Policy& policy) {
    if (!tree_) {
        return std::optional<cgroups::Group>();
    }
    if (auto there = make_anew_if_gone(policy); !there) {
        return std::move(there).error().within("make the cgroups of this app anew");
    }
    const cgroups::Limits limits{
        .memory_max = policy.memory.max,
        .swap_max = policy.memory.max ? std::optional(policy.memory.swap_max) : std::nullopt,
        .pids_max = policy.limits.pids,
        .cpu_weight = weighs(policy) ? std::optional(policy.limits.cpu_weight) : std::nullopt};
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
        limitations_.push_back("Recycler cannot distinguish deaths by app_max from others: " +
                               eventfd.error().message() + ".");
        return UniqueFd();
    }
    return std::move(*eventfd);
}

std::optional<std::uint64_t> Containment::app_ooms() const {
    if (!tree_) {
        return std::nullopt;
    }
    if (tree_->version() == cgroups::Version::v1) {
        return count_in(app_oom_eventfd_);
    }
    const auto counts = tree_->oom();
    return counts ? counts->oom : std::nullopt;
}

Bytes Containment::room(const policies::Policy& policy) {
    const auto host = cgroups::host_available();
    // What cannot be read is no reason to do without an overlap.
    Bytes room = host ? *host : Bytes{UINT64_MAX / 2};
    if (const auto above = tree_ ? tree_->room_above() : std::nullopt) {
        room = std::min(room, *above);
    }
    if (tree_ && policy.memory.app_max) {
        if (const auto usage = tree_->usage()) {
            room = std::min(room, *policy.memory.app_max - usage->bloat);
        }
    }
    return room;
}

std::optional<Bytes> Containment::shared_memory() const {
    const auto shared = tree_ ? tree_->shared_memory() : Result<Bytes>(Error{});
    return shared ? std::optional(*shared) : std::nullopt;
}

void Containment::look_at_memory(MonoTime now) {
    if (memory_seen_.host && now - memory_seen_.host->at < k_memory_looks) {
        return;
    }
    memory_seen_.host.emplace(Note<cgroups::HostMemory>{now, cgroups::host_memory()});
    if (tree_) {
        const auto usage = tree_->usage();
        memory_seen_.app.emplace(
            Note<Bytes>{now, usage ? Result(usage->bloat) : Result<Bytes>(usage.error())});
    }
}

void Containment::sweep(std::span<const std::string> keep) {
    if (tree_) {
        if (const auto swept = tree_->sweep(keep); !swept) {
            limitations_.push_back("Recycler could not remove a cgroup of an earlier run: " +
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
        if (worker.pid == 0 || (usage && !worker.charged_elsewhere)) {
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
