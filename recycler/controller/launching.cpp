#include "recycler/controller/launching.hpp"

#include "recycler/keeper/ring_reader.hpp"
#include "recycler/worker/plan.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/resource.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

std::uint64_t hard_limit(int resource) {
    rlimit limit{};
    return ::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0 ? limit.rlim_max
                                                                                : RLIM_INFINITY;
}

worker::SpawnPlan plan_of(const policies::Policy& policy, const worker::Account& account,
                          const std::string& recorder) {
    const std::uint64_t nofile = std::min(policy.limits.nofile, hard_limit(RLIMIT_NOFILE));
    const std::uint64_t core = policy.limits.core ? policy.limits.core->count : RLIM_INFINITY;
    const std::uint32_t page_fd = worker::page_fd_below(nofile);
    const auto environment = worker::environment_for({.policy = policy.app.environment,
                                                      .account = account,
                                                      .recorder = recorder,
                                                      .page_fd = page_fd});
    worker::SpawnPlan plan;
    plan.programs = worker::programs_for(policy.app.command.front(), environment.at("PATH"));
    plan.arguments = policy.app.command;
    plan.environment = worker::as_strings(environment);
    plan.directory = policy.app.directory;
    if (::geteuid() == 0) {
        plan.identity =
            worker::Identity{.uid = account.uid, .gid = account.gid, .groups = account.groups};
    }
    plan.rlimits = {{.soft = nofile, .hard = nofile, .resource = RLIMIT_NOFILE},
                    {.soft = core, .hard = core, .resource = RLIMIT_CORE}};
    plan.page_fd = page_fd;
    plan.no_new_privs = policy.sandbox.no_new_privileges;
    return plan;
}

// What the keeper places the child with, out of the group's placement.
struct Placed {
    keeper::Placement kind = keeper::Placement::none;
    std::vector<int> fds;
};
Placed placed(const cgroups::Placement& placement) {
    Placed result;
    if (placement.v2_directory) {
        result.kind = keeper::Placement::directory;
        result.fds.push_back(placement.v2_directory.get());
    }
    for (const UniqueFd& tasks : placement.v1_tasks) {
        result.kind = keeper::Placement::tasks;
        result.fds.push_back(tasks.get());
    }
    return result;
}

} // namespace

Result<Launching> Launching::prepare(const policies::Policy& policy, const worker::Account& account,
                                     const std::string& recorder) {
    const auto bytes = worker::serialise(plan_of(policy, account, recorder));
    if (!bytes) {
        return bytes.error();
    }
    auto plan = worker::seal_into_memfd(*bytes);
    if (!plan) {
        return std::move(plan).error();
    }
    return Launching(std::move(*plan));
}

Result<void> Launching::launch(const Order& order, const policies::Policy& policy,
                               Containment& containment, keeper::Link& link,
                               LiveWorker& worker) const {
    const auto fail = [&](const char* step, Error error) {
        worker.failure = FailedStep{step, error.code};
        return Result<void>(std::move(error).within("start " + order.name));
    };
    if (order.listener < 0) {
        return fail("listener", Error{EADDRNOTAVAIL, "its listener could not be opened"});
    }
    auto group = containment.create(order.name, policy);
    if (!group) {
        return fail("cgroup", std::move(group).error());
    }
    worker.group = std::move(*group);
    cgroups::Placement placement;
    if (worker.group) {
        auto place = worker.group->placement();
        if (!place) {
            return fail("cgroup", std::move(place).error());
        }
        placement = std::move(*place);
        if (auto eventfd = worker.group->oom_eventfd()) { // v2 has none and needs none
            worker.oom_eventfd = std::move(*eventfd);
        }
    }
    auto page = recorder::PageFile::create();
    auto ring = keeper::make_ring();
    if (!page || !ring) {
        return fail("memory", page ? std::move(ring).error() : std::move(page).error());
    }
    worker.page = std::move(*page);
    worker.ring = std::move(*ring);
    const Placed place = placed(placement);
    auto sent = link.launch({.id = order.id,
                             .plan = plan_.get(),
                             .listener = order.listener,
                             .page = worker.page->fd(),
                             .ring = worker.ring.get(),
                             .placement = place.kind,
                             .placements = place.fds});
    if (!sent) {
        return fail("keeper", std::move(sent).error());
    }
    if (worker.oom_eventfd) {
        // Kept for the controller after us; a lost one only makes a verdict less exact.
        (void)link.deposit({keeper::DepositKind::eventfd, order.id.slot.index, order.id.generation},
                           worker.oom_eventfd.get(), {});
    }
    return {};
}

} // namespace recycler::controller
