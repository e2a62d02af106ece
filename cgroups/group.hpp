// SPDX-License-Identifier: MIT
// Group is the cgroup of one worker incarnation: sampled, killed and removed through descriptors
// kept open since it was made, so that a name used again can never be mistaken for it. It must not
// know why a worker is watched or ended. Every error names the file, the group and what the kernel
// said. Forgetting a Group leaves the cgroup alone: only remove() removes.
#pragma once

#include "cgroups/limits.hpp"
#include "cgroups/parse.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace cgroups {

using recycler::Duration;
using recycler::Error;
using recycler::Result;
using recycler::UniqueFd;

// What a child needs to be born inside. v2: the group's directory, for clone3(CLONE_INTO_CGROUP).
// v1: one open `tasks` for each hierarchy; the child, still single-threaded and with our rights,
// writes "0" to each. The other one is empty.
struct Placement {
    UniqueFd v2_directory;
    std::vector<UniqueFd> v1_tasks;
};

enum class Resource { memory, cpu, io }; // what a group may have to wait for

class Group {
  public:
    // Made by Tree. `path` is the one inside the (memory) hierarchy, for people. `directories`: the
    // group's own, on v2 one, on v1 one in each hierarchy, memory first.
    static Result<Group> adopt(Version version, std::string path,
                               std::vector<UniqueFd> directories);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Version version() const { return version_; }

    // About 20 us (30 on v2): preads of kept descriptors. ENODEV: somebody else removed the group.
    Result<Usage> usage();
    [[nodiscard]] Result<Bytes> current() const; // the part of it that costs a tenth
    // And of files in a tmpfs: 20 us. Left behind, it is the group's above when this one is gone.
    [[nodiscard]] Result<Bytes> shared_memory() const;
    // Final as soon as the worker's pidfd is readable: the kernel counts before it kills.
    [[nodiscard]] Result<OomCounts> oom() const;
    // v2: without what happened below (memory.events.local): `oom` is this very limit. v1: as
    // oom().
    [[nodiscard]] Result<OomCounts> oom_local() const;
    [[nodiscard]] Result<std::vector<pid_t>> procs() const; // inside at this instant
    // Moves a process with its threads in; its charges stay where they are. ESRCH: it ended.
    [[nodiscard]] Result<void> take(pid_t pid) const;
    // Threads and processes, which limits.pids bounds: a pread of a kept descriptor, under 1 us.
    // An error: there is no pids controller here.
    [[nodiscard]] Result<std::uint64_t> tasks() const;
    // How often the kernel refused to make another one inside: for its own limit, or (v2 before
    // Linux 6.11) for one above it. An error says why it is not counted.
    [[nodiscard]] Result<std::uint64_t> tasks_refused() const;
    [[nodiscard]] Result<Pressure> pressure(Resource resource) const; // v2; else an error says why
    // What the kernel holds now, read back; what has no file here stays unset.
    [[nodiscard]] Result<Limits> limits() const;
    [[nodiscard]] Result<std::optional<Bytes>> memory_max(); // the one of them; keeps its file
    [[nodiscard]] Result<Placement> placement() const;

    // SIGKILL to every process inside, also to those being forked meanwhile. v2: cgroup.kill
    // (Linux 5.14), which does not wait for them to be gone. v1 and older kernels: pids are read,
    // held by pidfd, read again and only then killed, until nobody is inside: usually a few ms;
    // ETIMEDOUT after `limit`, which a process in an uninterruptible system call can use up.
    [[nodiscard]] Result<void> kill(Duration limit) const;
    // The same without waiting for any end. Returns a pidfd of each who is struck: once they have
    // ended, others who were being forked may be inside, to be struck too; none: nobody is. Out of
    // descriptors, some are enough.
    [[nodiscard]] Result<std::vector<UniqueFd>> strike() const;
    // Blocks until nobody is inside, at most `limit`: ETIMEDOUT then.
    [[nodiscard]] Result<void> wait_empty(Duration limit) const;
    // Removes the directories. Already gone is success; EBUSY: processes are still inside. Read
    // oom() and the eventfds before: v1 signals every eventfd of a group that goes.
    Result<void> remove();

    // v1: an eventfd (non-blocking) that becomes readable when this group, or one above it, is out
    // of memory. Own limit: only the worker's fires; app limit: Tree::oom_eventfd fires too. It
    // works on in any process that holds it. v2: ENOTSUP.
    [[nodiscard]] Result<UniqueFd> oom_eventfd() const;

  private:
    // swap is v2's; it, peak and tasks are there only where the kernel has them.
    struct Kept {
        UniqueFd current;
        UniqueFd stat;
        UniqueFd max; // once it was asked for
        UniqueFd swap;
        UniqueFd peak;
        UniqueFd tasks;
    };
    Group(Version version, std::string path, std::vector<UniqueFd> directories);
    Result<void> keep_files();
    // The first of our directories that has such a file.
    [[nodiscard]] const UniqueFd* directory_with(const char* name) const;
    [[nodiscard]] Result<Bytes> read_size(const UniqueFd& fd, const char* name) const;
    [[nodiscard]] Result<std::optional<std::uint64_t>> read_limit(const char* name) const;
    [[nodiscard]] Result<OomCounts> read_oom(const char* name) const;
    [[nodiscard]] Result<UniqueFd> register_eventfd(const char* name,
                                                    const std::string& arguments) const;
    [[nodiscard]] Result<void> kill_by_pidfd(Duration limit) const;
    [[nodiscard]] Result<std::vector<pid_t>> inside_now() const;
    [[nodiscard]] int memory() const { return directories_.front().get(); }

    Version version_;
    std::string name_;
    std::string path_;
    std::vector<UniqueFd> directories_;
    Kept kept_;
    Bytes peak_seen_;
};

} // namespace cgroups
