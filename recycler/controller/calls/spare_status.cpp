// SPDX-License-Identifier: MIT
#include "recycler/controller/calls/spare_status.hpp"

namespace recycler::controller {

namespace {

std::string state_of(const slots::Spare& spare) {
    return slots::is_ready(spare) ? "ready" : slots::starts(spare) ? "starting" : "stopping";
}

control::SpareStatus status_of(const slots::Spare& spare, const LiveWorkers& workers,
                               MonoTime now) {
    control::SpareStatus status{.number = spare.worker.id.generation,
                                .state = state_of(spare),
                                .age = now - spare.worker.launched_at};
    if (spare.worker.last) {
        status.memory = spare.worker.last->bloat;
    }
    if (const auto found = workers.find(spare.worker.id); found != workers.end()) {
        const LiveWorker& worker = found->second;
        status.pid = worker.pid > 0 ? std::optional(worker.pid) : std::nullopt;
        status.cgroup = worker.group ? std::optional(worker.group->path()) : std::nullopt;
    }
    return status;
}

} // namespace

std::vector<control::SpareStatus> spare_status(const slots::Decider& decider,
                                               const LiveWorkers& workers, MonoTime now) {
    std::vector<control::SpareStatus> all;
    std::size_t living = 0;
    for (const slots::Spare& spare : decider.spares().all()) {
        all.push_back(status_of(spare, workers, now));
        living += slots::is_ending(spare) ? 0 : 1;
    }
    const std::size_t wanted = decider.stopping() ? 0 : decider.policy().capacity.spares;
    const std::string why = decider.why_no_spare();
    for (std::size_t missing = living; missing < wanted; ++missing) {
        control::SpareStatus status{.state = "missing"};
        if (!why.empty()) {
            status.why = why;
        }
        all.push_back(std::move(status));
    }
    return all;
}

} // namespace recycler::controller
