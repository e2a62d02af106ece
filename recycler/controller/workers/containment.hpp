// SPDX-License-Identifier: MIT
// Where the workers of the app are contained: its cgroup tree, or the sentence why there is none.
// Knows no worker by name, only groups.
#pragma once

#include "cgroups/tree.hpp"
#include "policies/policy.hpp"
#include "recycler/controller/look/oom_watch.hpp"
#include "recycler/controller/workers/live_worker.hpp"

#include <functional>
#include <span>

namespace recycler::controller {

class Containment {
  public:
    // Opens the tree and changes nothing that is in it. With memory.enforcement = "required" a
    // machine that cannot enforce is an error with a sentence; with "preferred" it becomes a
    // limitation.
    static Result<Containment> open(const policies::Policy& policy,
                                    std::span<const pid_t> supervisors,
                                    cgroups::Entry of_dummy = cgroups::Entry::birth);
    // The tree is this daemon's while the descriptor is open; without a tree it is empty. Error:
    // another daemon, with another runtime folder and for an app of the same name, has it.
    [[nodiscard]] Result<UniqueFd> claim() const;
    // Sets app_max, and shows with a dummy that limits hold. An error, or a limitation, as above.
    Result<void> prove(const policies::Policy& policy);
    // Another app_max, for the workers that there are. EBUSY: they use more than that already.
    Result<void> change_app_max(const policies::Policy& policy);
    // Whether `policy` asks for groups that the tree was opened without.
    [[nodiscard]] bool must_reopen_for(const policies::Policy& policy) const;

    [[nodiscard]] bool enforced() const { return tree_.has_value(); }
    [[nodiscard]] int version() const { return tree_ ? static_cast<int>(tree_->version()) : 0; }
    [[nodiscard]] std::string path() const { return tree_ ? tree_->path() : std::string(); }
    [[nodiscard]] const std::vector<std::string>& limitations() const { return limitations_; }

    // What the keeper holds of the tree.
    struct Holds {
        std::string path; // Tree::path()
        UniqueFd claim;
        UniqueFd app_oom; // v1
    };
    // Called with those of a tree that was made anew, because somebody had removed it.
    void on_made_anew(std::function<void(const Holds&)> tell) { made_anew_ = std::move(tell); }

    // A group for a worker about to be launched; the tree is made anew where it is gone. Without a
    // tree: nullopt.
    Result<std::optional<cgroups::Group>> create(const std::string& name,
                                                 const policies::Policy& policy);
    // The group that an earlier controller made.
    Result<cgroups::Group> reopen(const std::string& name);

    // v1: the app's OOM eventfd, to be kept by the keeper; invalid elsewhere.
    [[nodiscard]] UniqueFd watch_app_oom();
    void adopt_app_oom(UniqueFd eventfd) { app_oom_eventfd_ = std::move(eventfd); }
    // How often app_max was hit since the tree was made, as far as can be told.
    [[nodiscard]] std::optional<std::uint64_t> app_ooms() const;

    // What a second worker could take: the least of what the host has available, what the limits
    // above us leave (a unit's, a container's), and what is left under app_max.
    [[nodiscard]] Bytes room(const policies::Policy& policy);

    // Shared memory of all workers, and of those that have ended; nullopt: there is no cgroup.
    [[nodiscard]] std::optional<Bytes> shared_memory() const;

    // Asked with each sample of a worker, looks at most once a second: some 40 us.
    void look_at_memory(MonoTime now);
    [[nodiscard]] const MemorySeen& memory_seen() const { return memory_seen_; }

    // Kills and removes all groups but those named; then, with none named, the tree.
    void sweep(std::span<const std::string> keep);
    void remove();

  private:
    Containment() = default;
    Result<void> make_anew_if_gone(const policies::Policy& policy);
    Result<void> cannot_enforce(const policies::Policy& policy, const Error& error);

    std::optional<cgroups::Tree> tree_;
    std::vector<pid_t> supervisors_;
    std::function<void(const Holds&)> made_anew_;
    cgroups::CpuGroups cpu_groups_ = cgroups::CpuGroups::left_out;
    cgroups::Entry of_dummy_ = cgroups::Entry::birth;
    std::vector<std::string> limitations_;
    UniqueFd app_oom_eventfd_;
    MemorySeen memory_seen_;
};

// The processes of a worker: those in its cgroup, else its process tree.
Result<std::vector<pid_t>> processes_of(const LiveWorker& worker);

// Memory of a worker by its cgroup; where that is gone, was never there or does not know all of it,
// by /proc.
Result<cgroups::Usage> usage_of(LiveWorker& worker);

} // namespace recycler::controller
