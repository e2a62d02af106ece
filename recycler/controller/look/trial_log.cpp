// SPDX-License-Identifier: MIT
#include "recycler/controller/look/trial_log.hpp"

#include "recycler/controller/workers/containment.hpp"
#include "recycler/worker/look/syscall_name.hpp"
#include "recycler/worker/signals/filter_kill.hpp"

#include <algorithm>
#include <variant>

namespace recycler::controller {

namespace {

// A worker that tries them all one after another fills no memory of ours.
constexpr std::size_t k_most_calls_told = 64;

// Of the worker itself, or of a process that it started.
bool is_of(const LiveWorker& worker, pid_t pid) {
    if (worker.pid == pid) {
        return pid > 0;
    }
    const auto all = worker.pid > 0 ? processes_of(worker) : Result(std::vector<pid_t>());
    return all && std::ranges::find(*all, pid) != all->end();
}

} // namespace

int TrialLog::follow(const policies::Policy& policy) {
    log_.reset();
    why_not_.reset();
    if (!std::holds_alternative<policies::SeccompLog>(policy.sandbox.seccomp)) {
        return -1;
    }
    auto log = worker::KernelLog::open_at_end();
    if (!log) {
        why_not_ = log.error();
        return -1;
    }
    return log_.emplace(std::move(*log)).fd();
}

std::vector<control::EventLine> TrialLog::read(LiveWorkers& workers, const SlotTable& slots,
                                               WallTime now) {
    std::vector<control::EventLine> lines;
    const auto take = [&](std::string_view record) {
        const auto told = worker::let_through_in(record);
        const auto hit =
            told ? std::ranges::find_if(
                       workers, [&](const auto& entry) { return is_of(entry.second, told->pid); })
                 : workers.end();
        if (hit == workers.end()) {
            return;
        }
        const std::string name = in_words(worker::named_call(told->architecture, told->call));
        auto& known = hit->second.calls_on_trial;
        if (known.size() < k_most_calls_told && known.insert(name).second) {
            lines.push_back({.at = now,
                             .event = control::name_of(EventName::forbidden_call),
                             .slot = slots.name(hit->first.slot),
                             .generation = hit->first.generation,
                             .members = {{"pid", std::int64_t{told->pid}}, {"call", name}}});
        }
    };
    if (log_) {
        const auto read = log_->read_on(take);
        why_not_ = read ? std::nullopt : std::optional(read.error());
    }
    return lines;
}

std::optional<std::string> TrialLog::limitation() const {
    if (!why_not_) {
        return std::nullopt;
    }
    return "What sandbox.seccomp = \"log\" lets through cannot be reported: " +
           why_not_->message() + ".";
}

} // namespace recycler::controller
