// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/launching.hpp"

#include "policies/capabilities.hpp"
#include "recycler/controller/act/channels.hpp"
#include "recycler/controller/start/deposits.hpp"
#include "recycler/keeper/ring/ring_reader.hpp"
#include "recycler/worker/spawn/plan.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

static_assert(k_no_limit == RLIM_INFINITY);

std::uint64_t hard_limit(int resource) {
    rlimit limit{};
    return ::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0 ? limit.rlim_max
                                                                                : k_no_limit;
}

// What is not listed is taken away where that breaks nothing: not from root, who is meant to be
// root, and not where programs that gain privileges by their files are meant to.
std::optional<std::uint64_t> capabilities_for(const ResolvedPolicy& resolved) {
    const policies::Sandbox& sandbox = resolved.policy.sandbox;
    const bool by_itself = sandbox.no_new_privileges && resolved.account.uid != 0 &&
                           capabilities_of_keeper().has(CAP_SETPCAP);
    return sandbox.capabilities || by_itself
               ? std::optional(policies::bits_of(policies::capabilities_of(resolved.policy)))
               : std::nullopt;
}

worker::SpawnPlan plan_of(const ResolvedPolicy& resolved, const std::string& recorder,
                          const worker::IsolationOffer& offer) {
    const policies::Policy& policy = resolved.policy;
    const worker::Account& account = resolved.account;
    const std::uint64_t nofile = std::min(policy.limits.nofile, hard_limits().nofile);
    const std::uint64_t core = policy.limits.core ? policy.limits.core->count : k_no_limit;
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
        // Whatever order the user database has them in today: plans are compared.
        std::ranges::sort(plan.identity->groups);
    }
    plan.rlimits = {{.soft = nofile, .hard = nofile, .resource = RLIMIT_NOFILE},
                    {.soft = core, .hard = core, .resource = RLIMIT_CORE}};
    plan.page_fd = page_fd;
    plan.no_new_privs = policy.sandbox.no_new_privileges;
    if (policy.sandbox.isolate) {
        plan.isolation = worker::isolation_by(offer, plan.no_new_privs);
    }
    plan.capabilities = capabilities_for(resolved);
    plan.umask = policy.sandbox.umask;
    plan.nice = policy.sandbox.nice;
    plan.filter = resolved.filter.program;
    plan.filter_flags = resolved.filter.flags;
    return plan;
}

Result<UniqueFd> seal(const worker::SpawnPlan& plan) {
    const auto bytes = worker::serialise(plan);
    return bytes ? worker::seal_into_memfd(*bytes) : bytes.error();
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

Launching::NoPlace failed(const char* step, Error error) {
    const int code = error.code;
    return {{step, code}, std::move(error)};
}

struct Unfurnished {
    std::optional<cgroups::Group> group;
    Launching::NoPlace why;
};

// `app_ooms`: counted before the worker's own eventfd is there, so that none is missed.
std::variant<Launching::Place, Unfurnished> furnish(std::optional<cgroups::Group> group,
                                                    std::optional<std::uint64_t> app_ooms) {
    cgroups::Placement placement;
    OomWatch oom{.eventfd = {}, .app_before = app_ooms};
    if (group) {
        auto place = group->placement();
        if (!place) {
            return Unfurnished{std::move(group), failed("cgroup", std::move(place).error())};
        }
        placement = std::move(*place);
        if (auto eventfd = group->oom_eventfd()) { // v2 has none and needs none
            oom.eventfd = std::move(*eventfd);
        }
    }
    auto page = recorder::PageFile::create();
    if (!page) {
        return Unfurnished{std::move(group), failed("page", std::move(page).error())};
    }
    auto ring = keeper::make_ring();
    if (!ring) {
        return Unfurnished{std::move(group), failed("ring", std::move(ring).error())};
    }
    return Launching::Place{std::move(group), std::move(placement), std::move(oom),
                            std::move(*page), std::move(*ring)};
}

// What it finds at its descriptors. A spare has its end of the birth channel at the first.
void describe(const Launching::Given& given, int page_fd, recorder::PageFile& page) {
    if (given.channel.empty()) {
        return;
    }
    page.name_descriptors(worker::channel_file_below(page_fd, 0),
                          worker::channel_file_below(page_fd, 1),
                          worker::channel_file_below(page_fd, 2));
    if (given.birth) {
        page.name_birth(*given.birth, worker::channel_file_below(page_fd, 0));
    }
    if (given.keeps) { // or could, if it were not ordered otherwise
        page.allow_rest();
        write_order(page, given.resting);
    }
}

} // namespace

HardLimits hard_limits() {
    return {.nofile = hard_limit(RLIMIT_NOFILE), .core = hard_limit(RLIMIT_CORE)};
}

Result<std::vector<std::byte>> Launching::plan_for(const ResolvedPolicy& resolved,
                                                   const std::string& recorder,
                                                   const worker::IsolationOffer& offer) {
    return worker::serialise(plan_of(resolved, recorder, offer));
}

Result<Launching> Launching::prepare(const ResolvedPolicy& resolved, const std::string& recorder,
                                     const worker::IsolationOffer& offer, Counting::Found found) {
    worker::SpawnPlan plan = plan_of(resolved, recorder, offer);
    auto bytes = worker::serialise(plan);
    if (!bytes) {
        return std::move(bytes).error();
    }
    Counting counting = Counting::prepare(resolved.policy, plan, recorder, std::move(found));
    plan.tracepoints = counting.at_birth();
    auto sealed = seal(plan);
    if (!sealed) {
        return std::move(sealed).error();
    }
    return Launching(std::move(plan), std::move(*bytes), std::move(*sealed), std::move(counting));
}

std::variant<Launching::Place, Launching::NoPlace>
Launching::make_place(const std::string& name, const policies::Policy& policy,
                      Containment& containment) {
    auto group = containment.create(name, policy);
    if (!group) {
        return failed("cgroup", std::move(group).error());
    }
    auto place = furnish(std::move(*group), containment.app_ooms());
    if (auto* none = std::get_if<Unfurnished>(&place)) {
        if (none->group) {
            (void)none->group->remove(); // else its name would be in use when it is tried again
        }
        return std::move(none->why);
    }
    return std::get<Place>(std::move(place));
}

Result<void> Launching::launch(WorkerId id, Place place, keeper::Link& link, const Given& given,
                               LiveWorker& worker) {
    if (plan_.tracepoints != counting_.at_birth()) {
        plan_.tracepoints = counting_.at_birth();
        auto sealed = seal(plan_);
        if (!sealed) {
            return std::move(sealed).error();
        }
        sealed_ = std::move(*sealed);
    }
    const Placed placed_in = placed(place.placement);
    describe(given, static_cast<int>(plan_.page_fd), place.page);
    auto sent = link.launch({.id = id,
                             .plan = sealed_.get(),
                             .listener = given.listener,
                             .page = place.page.fd(),
                             .ring = place.ring.get(),
                             .channel = given.channel,
                             .placement = placed_in.kind,
                             .placements = placed_in.fds});
    if (sent && place.oom.eventfd) {
        // Kept for the controller after us; a lost one only makes a verdict less exact.
        (void)link.deposit(key_of_oom_watch(id), place.oom.eventfd.get(),
                           with_number(place.oom.app_before.value_or(0)));
    }
    worker.group = std::move(place.group);
    worker.oom = std::move(place.oom);
    worker.page = std::move(place.page);
    worker.ring = std::move(place.ring);
    return sent;
}

} // namespace recycler::controller
