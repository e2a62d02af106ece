// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/outside.hpp"

#include "cgroups/hierarchies.hpp"
#include "cgroups/proc_usage.hpp"
#include "recycler/controller/start/deposit_keys.hpp"
#include "recycler/controller/start/deposits.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <cerrno>

namespace recycler::controller {

namespace {

constexpr Duration k_looks_inside = std::chrono::seconds(1);

bool is_inside(const LiveWorker& worker) {
    const auto inside = worker.group ? worker.group->procs() : Result(std::vector<pid_t>());
    return inside && std::ranges::find(*inside, worker.pid) != inside->end();
}

// One that ends has left every cgroup already.
bool is_ending(const LiveWorker& worker) {
    const auto exiting = worker::is_exiting(worker.pid);
    return !exiting || *exiting;
}

Result<cgroups::Group> new_group(const std::string& name, const policies::Policy& policy,
                                 Containment& containment) {
    auto made = containment.create(name, policy);
    if (made) {
        return std::move(**made);
    }
    // EEXIST: somebody has made one in its place.
    return made.error().code == EEXIST ? containment.reopen(name) : std::move(made).error();
}

// All that descend from it. One that ends meanwhile needs no cgroup.
Result<void> take_all(const LiveWorker& worker) {
    const auto pids = cgroups::proc_tree(worker.pid);
    if (!pids) {
        return pids.error();
    }
    for (const pid_t pid : *pids) {
        if (auto taken = worker.group->take(pid); !taken && taken.error().code != ESRCH) {
            return taken;
        }
    }
    return {};
}

std::string where(const LiveWorker& worker, const Containment& containment) {
    const auto path = cgroups::cgroup_of(
        worker.pid, containment.version() == 1 ? cgroups::Version::v1 : cgroups::Version::v2);
    return path ? " (it stood in " + *path + ")" : std::string();
}

std::string in_words(bool gone, const std::string& stood, const Result<void>& put) {
    const std::string found =
        (gone ? "somebody has removed its cgroup" : "somebody has moved it out of its cgroup") +
        stood;
    if (!put) {
        return found + ", and the daemon could not put it back: " + put.error().message() +
               "; no limit of the kernel holds for it, and the daemon reads its memory from /proc";
    }
    return found + ", and no limit held for it; the daemon has put it back" +
           (gone ? " into a new one" : "") +
           ", and reads its memory from /proc too, because the kernel still charges elsewhere what "
           "it took there";
}

} // namespace

// With the limits that it was born under: those of a changed policy are for later ones.
Result<void> Outside::give_new_group(WorkerId id, LiveWorker& worker) {
    policies::Policy policy = uses_.policy;
    policy.memory.max =
        worker.born_under.memory_max ? worker.born_under.memory_max : policy.memory.max;
    policy.limits.pids = worker.born_under.pids_max.value_or(policy.limits.pids);
    auto group =
        new_group(uses_.slots.group_name(id, worker.birth ? std::optional(worker.birth->spare)
                                                          : std::nullopt),
                  policy, uses_.containment);
    if (!group) {
        return std::move(group).error();
    }
    worker.group = std::move(*group);
    worker.oom = {.eventfd = {}, .app_before = uses_.containment.app_ooms()};
    if (auto eventfd = worker.group->oom_eventfd()) { // v2 has none and needs none
        worker.oom.eventfd = std::move(*eventfd);
        return uses_.link.deposit(key_of_oom_watch(id), worker.oom.eventfd.get(),
                                  with_number(worker.oom.app_before.value_or(0)));
    }
    return {};
}

std::optional<control::EventLine> Outside::put_back(WorkerId id, LiveWorker& worker) {
    if (!uses_.containment.enforced() ||
        uses_.loop.now() - worker.sought_inside_at < k_looks_inside) {
        return std::nullopt;
    }
    worker.sought_inside_at = uses_.loop.now();
    if (is_inside(worker) || is_ending(worker)) {
        return std::nullopt;
    }
    worker.charged_elsewhere = true;
    const std::string stood = where(worker, uses_.containment);
    const bool gone = !worker.group || !worker.group->current();
    auto put = gone ? give_new_group(id, worker) : Result<void>();
    if (put) {
        put = take_all(worker);
    }
    std::string told = in_words(gone, stood, put);
    if (told == worker.told_outside) {
        return std::nullopt;
    }
    worker.told_outside = told;
    return control::EventLine{.at = uses_.loop.wall_now(),
                              .event = control::name_of(EventName::uncontained),
                              .slot = uses_.slots.name(id.slot),
                              .generation = id.generation,
                              .members = {{"text", std::move(told)}}};
}

} // namespace recycler::controller
