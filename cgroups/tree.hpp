// SPDX-License-Identifier: MIT
// Tree is the app's own part of the cgroup file system: it decides between v1 and v2, makes what
// the workers' groups need, and finds again what an earlier controller left. It writes nothing
// above the cgroup that it was started in.
//
//   v2   <unit>/supervisor   keeper and controller (no processes may stay in <unit> once it has
//   controllers for children)
//        <unit>/workers      carries app_max          <unit>/workers/7012.3   one worker
//        incarnation
//   v1   <own path>/recycler-<app>/workers/7012.3     in each hierarchy that is needed: memory,
//   pids, cpu
#pragma once

#include "cgroups/delegation.hpp"
#include "cgroups/group.hpp"
#include "cgroups/settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cgroups {

// Whether workers get groups of their own for the processor (v1), which a weight other than
// everybody's needs.
enum class CpuGroups { made, left_out };

// How the child of the rehearsal comes into its group: on v2 it is born there, as each worker is,
// or moves, if this process may not make that call any more.
enum class Entry { birth, move };
// Move, if this process could have a child be born in a group now. Before it gives the call up.
[[nodiscard]] Entry entry_without_births();

class Tree {
  public:
    // Takes v2 if the memory controller is offered to our own v2 cgroup, else v1 if there is a
    // memory hierarchy. Makes workers/ and, on v2, moves `supervisors` (pids of keeper and
    // controller) into supervisor/. Started again, from inside supervisor/, it finds the same
    // place. Fails with a sentence that says what to do; nothing is watched then (proc_usage.hpp is
    // what is left).
    static Result<Tree> open(const std::string& app, std::span<const pid_t> supervisors,
                             CpuGroups cpu = CpuGroups::made);

    [[nodiscard]] Version version() const { return ground_.around.version; }
    // Of workers/ inside its hierarchy, for status.
    [[nodiscard]] const std::string& path() const { return workers_.path(); }
    // Sentences about what cannot be enforced here: a missing pids or cpu controller.
    [[nodiscard]] const std::vector<std::string>& limitations() const {
        return ground_.around.limitations;
    }

    // Whether workers/ is still the one that was opened, in each hierarchy: somebody may have
    // removed it while it was empty, and nothing can be made in it then.
    [[nodiscard]] bool stands() const;

    // Takes the tree for one daemon, as long as the returned descriptor or a duplicate of it is
    // open. EWOULDBLOCK: another daemon for an app of this name has it, under another runtime
    // folder; its workers must not be swept.
    [[nodiscard]] Result<UniqueFd> claim() const;

    // The limit of all workers together; nullopt: none. Refused with EBUSY if they use more
    // already: it would kill.
    Result<void> set_app_max(std::optional<Bytes> app_max);
    // Shows that limits hold here: a group is made, its limits are read back equal, and a child is
    // seen inside. About 2 ms.
    Result<void> prove(Entry entry = Entry::birth);

    // A fresh group with all counters at 0 and `limits` set and read back equal. EEXIST: the name
    // is in use (sweep it first).
    Result<Group> create(const std::string& name, const Limits& limits);
    // The group that an earlier controller made. ENOENT: there is none.
    Result<Group> reopen(const std::string& name);
    // Names of all groups, sorted.
    [[nodiscard]] Result<std::vector<std::string>> list() const;
    // Kills and removes every group that is not named in `keep`; returns the names of those
    // removed.
    Result<std::vector<std::string>> sweep(std::span<const std::string> keep);
    // Removes workers/ (EBUSY while it has groups) and, on v1, what is above it of ours. v2 leaves
    // supervisor/: we are inside.
    Result<void> remove();

    // All workers together.
    [[nodiscard]] Result<Usage> usage();
    // Of all workers together, and what those that are gone have left.
    [[nodiscard]] Result<Bytes> shared_memory() const { return workers_.shared_memory(); }
    // What the limits above workers/ leave: those of the unit, of its slice, of a container. The
    // page cache that counts there could be given back. nullopt: there is none that can be seen
    // from here.
    [[nodiscard]] std::optional<Bytes> room_above();
    // The app's own limit. v2: memory.events.local of workers/, `oom` rises with each time that
    // app_max was the reason. v1: oom_kill counts kills of processes directly inside, which there
    // are none; oom_eventfd() tells.
    [[nodiscard]] Result<OomCounts> oom() const;
    // v1: readable when app_max (or a limit above it) was hit. v2: ENOTSUP.
    [[nodiscard]] Result<UniqueFd> oom_eventfd() const;

  private:
    Tree(Ground ground, Group workers);
    [[nodiscard]] Result<void> require_free(const std::string& name) const;
    Result<Group> make_limited(const std::string& name, const Limits& limits);
    Result<void> make_directories(const std::string& name);
    [[nodiscard]] Result<Group> open_group(const std::string& name) const;
    Result<void> put(const std::string& below, std::span<const Setting> settings);
    [[nodiscard]] Result<void> check(const Group& group, const Limits& limits) const;
    [[nodiscard]] Limits enforceable(const Limits& limits) const;
    [[nodiscard]] const Hierarchy* hierarchy_of(const std::string& controller) const;
    Result<void> clear(const std::string& name);
    // In whichever hierarchies it stands. Needs no descriptor.
    Result<void> remove_empty(const std::string& name);

    Ground ground_;
    Group workers_;
    std::vector<Group> above_; // nearest first, as far as they can be seen
};

} // namespace cgroups
