// SPDX-License-Identifier: MIT
#include "recycler/controller/calls/status.hpp"

#include "recycler/base/version.hpp"
#include "recycler/controller/calls/slot_status.hpp"
#include "recycler/controller/calls/spare_status.hpp"
#include "recycler/controller/start/descriptors.hpp"
#include "recycler/controller/start/limitations.hpp"
#include "recycler/controller/workers/left_memory.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <unistd.h>

namespace recycler::controller {

namespace {

template <typename Sentences>
void add(std::vector<std::string>& limitations, const Sentences& sentences) {
    limitations.insert(limitations.end(), std::begin(sentences), std::end(sentences));
}

void add(std::vector<std::string>& limitations, std::optional<std::string> sentence) {
    if (sentence) {
        limitations.push_back(std::move(*sentence));
    }
}

std::optional<std::string> kept_on_unix(const LiveWorkers& workers) {
    const bool seen = std::ranges::any_of(workers, [](const auto& each) {
        const auto page = page_of(each.second);
        return page && page->ended_behind;
    });
    return seen ? std::optional<std::string>(
                      "The balancer keeps its connections to these unix sockets open, where a "
                      "connection ends after the answer and not with it: a POST that it sends in "
                      "between fails. Configure it to keep none (recyclerctl lint FILE says "
                      "where), or listen on ports.")
                : std::nullopt;
}

std::map<std::string, std::uint64_t> steps_of(const systemd::Turns::Counts& counts) {
    constexpr std::array names{"within_1_ms",   "within_5_ms",   "within_20_ms",
                               "within_100_ms", "within_500_ms", "longer"};
    static_assert(names.size() == systemd::k_turn_steps.size());
    std::map<std::string, std::uint64_t> steps;
    for (std::size_t i = 0; i < names.size(); ++i) {
        steps.emplace(names[i], counts[i]);
    }
    return steps;
}

control::LoopStatus loop_of(const systemd::Turns& turns) {
    return {.turns = turns.count,
            .longest = turns.longest,
            .longest_cpu = turns.longest_cpu,
            .longest_waiting = turns.longest_waiting,
            .took = steps_of(turns.took),
            .cpu = steps_of(turns.used)};
}

} // namespace

std::vector<std::string> Status::limitations(std::optional<Bytes> left) const {
    std::vector<std::string> all = uses_.changes.limitations();
    add(all, uses_.containment.limitations());
    add(all,
        left_behind(left, uses_.launches.isolation().own_shm ? SharedShm::no : SharedShm::yes));
    add(all, uses_.launches.counting().limitation());
    add(all, kept_on_unix(uses_.workers));
    add(all, resting_not_given(uses_.governing.forbidden_to_rest()));
    add(all, uses_.watching.limitations());
    add(all, no_descriptor_left());
    add(all, uses_.event_log.limitation());
    if (const auto& holding = uses_.decider.holding()) {
        all.push_back(slots::in_words(*holding, uses_.decider.policy().memory));
    }
    if (uses_.decider.serves_nobody()) {
        all.emplace_back(slots::k_serves_nobody);
    }
    add(all, slots::waits_to_start(uses_.decider.slots(), uses_.loop.now()));
    return all;
}

std::vector<control::SlotStatus> Status::slots(const std::vector<SlotId>& wanted) const {
    const Scene scene{.decider = uses_.decider,
                      .workers = uses_.workers,
                      .slots = uses_.slots,
                      .event_log = uses_.event_log,
                      .recycle_at = uses_.governing.policy().recycle.memory,
                      .can_show = uses_.changes.can_show(),
                      .now = uses_.loop.now(),
                      .wall_now = uses_.loop.wall_now()};
    std::vector<control::SlotStatus> shown;
    for (const slots::Slot& slot : uses_.decider.slots()) {
        if (std::ranges::find(wanted, slot.id) != wanted.end()) {
            shown.push_back(slot_status(scene, slot));
        }
    }
    return shown;
}

control::Snapshot Status::shown(const std::vector<SlotId>& wanted) const {
    const Containment& containment = uses_.containment;
    control::Snapshot snapshot;
    snapshot.app = uses_.governing.policy().app.name;
    snapshot.version = version();
    snapshot.pid = ::getpid();
    snapshot.keeper_pid = uses_.keeper_pid;
    snapshot.stopping = uses_.ledger.current().stopping != 0;
    snapshot.policy = {uses_.changes.policy_path(), uses_.governing.loaded_at()};
    snapshot.cgroup = {.version = containment.version(),
                       .path = containment.enforced() ? std::optional(containment.path())
                                                      : std::nullopt,
                       .enforced = containment.enforced(),
                       .left_shmem = memory_left_behind(containment, uses_.workers)};
    snapshot.limitations = limitations(snapshot.cgroup.left_shmem);
    snapshot.totals = totals_of(uses_.decider, uses_.workers);
    snapshot.loop = loop_of(uses_.loop.turns());
    snapshot.slots = slots(wanted);
    snapshot.spares = spare_status(uses_.decider, uses_.workers, uses_.loop.now());
    return snapshot;
}

} // namespace recycler::controller
