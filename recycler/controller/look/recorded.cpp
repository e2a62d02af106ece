// SPDX-License-Identifier: MIT
#include "recycler/controller/look/recorded.hpp"

#include "recycler/controller/workers/containment.hpp"

#include <algorithm>

namespace recycler::controller {

void add_recorded(slots::IdleSeen& idle, const LiveWorker& worker) {
    const auto page = page_of(worker);
    const auto pids = page ? processes_of(worker) : Result(std::vector<pid_t>());
    if (!page || !pids) {
        return;
    }
    const request::Activity now = request::activity_of(*page, *pids);
    idle.parked =
        page->exact && now.processes > 0 && now.accepting == 0 && now.open == 0 && now.resting == 0;
    idle.connections = std::max(idle.connections, now.in_flight);
    if (const std::uint32_t kept = kept_by(worker, now); kept > 0) {
        // Of an exact page: others that bear the name are others'. Else processes without a row may
        // hold more; what came from other slots, the look does not count.
        idle.connections = std::max({now.in_flight, kept, page->exact ? 0 : idle.connections});
        idle.resting = now.resting;
    }
}

std::uint32_t kept_by(const LiveWorker& worker, const request::Activity& now) {
    return worker.kept.wake ? now.open + now.resting : 0;
}

worker::KeepingWorker keeping_of(const Channels& channels, WorkerId id, const LiveWorker& worker) {
    return worker.kept.wake
               ? worker::KeepingWorker{.keeps = true, .sockets = channels.sockets_of(id.slot)}
               : worker::KeepingWorker{};
}

bool holds_nothing(const LiveWorker* worker) {
    const auto page = worker == nullptr ? std::nullopt : page_of(*worker);
    const auto pids = page ? processes_of(*worker) : Result(std::vector<pid_t>());
    const auto now = page && pids ? request::activity_of(*page, *pids) : request::Activity{};
    return worker == nullptr ||
           (page && page->exact && pids && now.open == 0 && now.in_flight == 0 && now.resting == 0);
}

bool has_nothing_open(const LiveWorker& worker, std::span<const pid_t> living) {
    const auto page = page_of(worker);
    return page && page->exact && page->came_to_accept &&
           std::ranges::none_of(page->processes, [living](const request::Process& process) {
               const bool lives = std::ranges::find(living, process.pid) != living.end();
               return process.open > 0 || process.in_flight > 0 || process.resting > 0 ||
                      (process.accepting > 0 && !lives);
           });
}

} // namespace recycler::controller
