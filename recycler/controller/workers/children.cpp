// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/children.hpp"

#include "recycler/controller/workers/containment.hpp"
#include "recycler/worker/look/exit_look.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace recycler::controller {

namespace {

// A kill of the whole worker (memory.oom.group, cgroup.kill) ends one process after another, and a
// look may come in between.
constexpr Duration k_together = std::chrono::milliseconds(100);

// What goes from then on goes with it.
bool is_on_its_way_out(const LiveWorker& worker) {
    return worker.sent.stop || worker.sent.kill;
}

ChildLife life_of(const request::Process& process) {
    return {process.pid, process.claimed_at};
}

std::vector<GoneChild> gone_of(const std::map<pid_t, UniqueFd>& known,
                               const std::set<pid_t>& living, const request::PageReading& page) {
    std::vector<GoneChild> gone;
    for (const auto& [pid, held] : known) {
        if (living.contains(pid)) {
            continue;
        }
        const auto row = std::ranges::find(page.processes, pid, &request::Process::pid);
        gone.push_back(
            {.pid = pid,
             .wait_status = worker::wait_status_of(held.get()),
             .process = row == page.processes.end() ? std::nullopt : std::optional(*row)});
    }
    return gone;
}

} // namespace

std::vector<GoneChild> look_at_children(LiveWorker& worker, const request::PageReading& page,
                                        MonoTime now) {
    const bool has_some = std::ranges::any_of(
        page.processes, [&](const request::Process& each) { return each.pid != worker.pid; });
    if (!has_some || is_on_its_way_out(worker)) {
        return {};
    }
    const auto listed = processes_of(worker);
    if (!listed || std::ranges::find(*listed, worker.pid) == listed->end()) {
        return {}; // all of it is ending
    }
    const std::set<pid_t> living(listed->begin(), listed->end());
    auto known_before = std::exchange(worker.serving_children, {});
    std::vector<GoneChild> died = gone_of(known_before, living, page);
    const auto gone_before = std::exchange(worker.gone_children, {});
    for (const request::Process& process : page.processes) {
        if (living.contains(process.pid)) {
            if (process.pid != worker.pid) {
                const auto held = known_before.find(process.pid);
                worker.serving_children.emplace(process.pid, held == known_before.end()
                                                                 ? worker::hold_process(process.pid)
                                                                 : std::move(held->second));
            }
            continue;
        }
        const auto known = gone_before.find(life_of(process));
        worker.gone_children.emplace(life_of(process),
                                     known == gone_before.end() ? now : known->second);
    }
    return died;
}

request::Activity activity_now(const LiveWorker& worker, const request::PageReading& page) {
    const auto living = processes_of(worker);
    return living ? request::activity_of(page, *living) : request::last_activity(page);
}

request::PageReading ended_together(const LiveWorker& worker, request::PageReading page,
                                    MonoTime at) {
    std::erase_if(page.processes, [&](const request::Process& process) {
        const auto gone = worker.gone_children.find(life_of(process));
        return gone != worker.gone_children.end() &&
               (is_on_its_way_out(worker) || gone->second + k_together <= at);
    });
    return page;
}

} // namespace recycler::controller
