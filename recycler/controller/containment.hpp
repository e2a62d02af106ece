// Where the workers of the app are contained: its cgroup tree, or the sentence why there is none.
// Knows no worker by name, only groups.
#pragma once

#include "cgroups/tree.hpp"
#include "policies/policy.hpp"
#include "recycler/controller/live_worker.hpp"

#include <span>

namespace recycler::controller {

// Whether a limit above the worker's own was hit, as far as can be told.
struct AppOom {
    std::optional<std::uint64_t> v2_count; // since the last time it was asked for
    std::optional<bool> v1_fired;
};

class Containment {
  public:
    // Opens the tree. With memory.enforcement = "required" a machine that cannot enforce is an
    // error with a sentence; with "preferred" it becomes a limitation. `prove` also shows with a
    // dummy that limits hold.
    enum class Proof { needed, done_before };
    static Result<Containment> open(const policies::Policy& policy,
                                    std::span<const pid_t> supervisors, Proof proof);

    [[nodiscard]] bool enforced() const { return tree_.has_value(); }
    [[nodiscard]] int version() const { return tree_ ? static_cast<int>(tree_->version()) : 0; }
    [[nodiscard]] std::string path() const { return tree_ ? tree_->path() : std::string(); }
    [[nodiscard]] const std::vector<std::string>& limitations() const { return limitations_; }

    // The tree is this daemon's while the descriptor is open; nothing to claim without a tree. Error: another daemon, started
    // with another runtime folder for an app of the same name, has it.
    [[nodiscard]] Result<UniqueFd> claim() const;

    // A group for a worker about to be launched. Without a tree: nullopt.
    Result<std::optional<cgroups::Group>> create(const std::string& name,
                                                 const policies::Policy& policy);
    // The group that an earlier controller made.
    Result<cgroups::Group> reopen(const std::string& name);

    // v1: the app's OOM eventfd, to be kept by the keeper; invalid elsewhere.
    [[nodiscard]] UniqueFd watch_app_oom();
    void adopt_app_oom(UniqueFd eventfd) { app_oom_eventfd_ = std::move(eventfd); }
    [[nodiscard]] int app_oom_fd() const { return app_oom_eventfd_.get(); }
    // What has fired since it was asked last.
    AppOom take_app_oom();

    // What a second worker could take: the host's available memory, or what is left under app_max
    // if that is less.
    [[nodiscard]] Bytes room(const policies::Policy& policy);

    // Kills and removes all groups but those named; then, with none named, the tree.
    void sweep(std::span<const std::string> keep);
    void remove();

  private:
    Containment() = default;
    std::optional<cgroups::Tree> tree_;
    std::vector<std::string> limitations_;
    UniqueFd app_oom_eventfd_;
    std::uint64_t app_oom_counted_ = 0;
};

// The processes of a worker: those in its cgroup, else its process tree.
Result<std::vector<pid_t>> processes_of(const LiveWorker& worker);

// Memory of a worker by its cgroup; where that is gone or was never there, by /proc.
Result<cgroups::Usage> usage_of(LiveWorker& worker);

} // namespace recycler::controller
