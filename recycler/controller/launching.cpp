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

std::variant<Launching::Place, Launching::NoPlace>
Launching::make_place(const std::string& name, const policies::Policy& policy,
                      Containment& containment) {
    const auto failed = [](const char* step, Error error) {
        const int code = error.code;
        return NoPlace{{step, code}, std::move(error)};
    };
    auto group = containment.create(name, policy);
    if (!group) {
        return failed("cgroup", std::move(group).error());
    }
    cgroups::Placement placement;
    UniqueFd oom_eventfd;
    if (*group) {
        auto place = (*group)->placement();
        if (!place) {
            return failed("cgroup", std::move(place).error());
        }
        placement = std::move(*place);
        if (auto eventfd = (*group)->oom_eventfd()) { // v2 has none and needs none
            oom_eventfd = std::move(*eventfd);
        }
    }
    auto page = recorder::PageFile::create();
    if (!page) {
        return failed("page", std::move(page).error());
    }
    auto ring = keeper::make_ring();
    if (!ring) {
        return failed("ring", std::move(ring).error());
    }
    return Place{std::move(*group), std::move(placement), std::move(oom_eventfd), std::move(*page),
                 std::move(*ring)};
}

Result<void> Launching::launch(WorkerId id, Place place, keeper::Link& link, int listener,
                               LiveWorker& worker) const {
    const Placed placed_in = placed(place.placement);
    auto sent = link.launch({.id = id,
                             .plan = plan_.get(),
                             .listener = listener,
                             .page = place.page.fd(),
                             .ring = place.ring.get(),
                             .placement = placed_in.kind,
                             .placements = placed_in.fds});
    if (place.oom_eventfd) {
        // Kept for the controller after us; a lost one only makes a verdict less exact.
        (void)link.deposit({keeper::DepositKind::eventfd, id.slot.index, id.generation},
                           place.oom_eventfd.get(), {});
    }
    worker.group = std::move(place.group);
    worker.oom_eventfd = std::move(place.oom_eventfd);
    worker.page = std::move(place.page);
    worker.ring = std::move(place.ring);
    return sent;
}

} // namespace recycler::controller
