// SPDX-License-Identifier: MIT
// A worker that hangs does not come to hand on what rests in it, and its end would close that:
// clients that have asked on such a connection would get no answer. So the keeper copies these
// connections into the channel of the slot before, while the worker stands still.
#include "recycler/controller/act/processes.hpp"
#include "recycler/controller/workers/containment.hpp"

#include <algorithm>
#include <utility>

namespace recycler::controller {

namespace {

// A process of a worker that may take this long to stop is in an uninterruptible system call. All
// that are to stop in one turn of the loop share it.
constexpr Duration k_freeze_patience = std::chrono::milliseconds(100);

// Of a page that is honest: the keeper looks whose they are.
std::vector<request::Process> with_some_at_rest(const LiveWorker& worker) {
    auto page = worker.kept.wake ? page_of(worker) : std::nullopt;
    if (!page) {
        return {};
    }
    std::erase_if(page->processes, [](const request::Process& process) {
        return process.resting == 0 || process.resting_at == request::RestingAt{};
    });
    return std::move(page->processes);
}

} // namespace

bool Processes::freezes(LiveWorker& worker) {
    const Duration left = std::max(k_freeze_patience - uses_.loop.taken(), Duration::zero());
    auto frozen = worker::freeze([&worker] { return processes_of(worker); }, left);
    if (frozen) {
        worker.frozen.emplace(std::move(*frozen));
    }
    return frozen.has_value();
}

// A second order does not wait: whatever keeps the keeper from answering, the worker is to end.
bool Processes::takes_out_first(WorkerId id, LiveWorker& worker, bool kills) {
    TakingOut& taking = worker.kept.taking_out;
    if (taking.asked || exit_of(worker) != nullptr || with_some_at_rest(worker).empty() ||
        (!worker.frozen && !freezes(worker))) {
        return false;
    }
    taking = {.asked = true, .kills = kills};
    for (const request::Process& process : with_some_at_rest(worker)) {
        if (const auto sent = uses_.link.take_out(id, process); !sent) {
            uses_.telling.complain(sent.error());
            break;
        }
        ++taking.awaited;
    }
    return taking.awaited > 0;
}

void Processes::taken_out(const keeper::ConnectionsTakenOut& answer) {
    LiveWorker* worker = find_in(uses_.workers, answer.id);
    if (worker == nullptr || worker->kept.taking_out.awaited == 0) {
        return;
    }
    if (answer.error != 0) {
        uses_.telling.complain(
            {answer.error, "take kept connections out of a worker that is to be ended"});
    }
    TakingOut& taking = worker->kept.taking_out;
    if (--taking.awaited > 0) {
        return;
    }
    if (worker->page) {
        worker->page->taken_out(); // before it goes on
    }
    if (exit_of(*worker) != nullptr) {
        return;
    }
    if (taking.kills) {
        carry_out(slots::KillWorker{answer.id});
    } else {
        carry_out(slots::StopWorker{answer.id});
    }
}

} // namespace recycler::controller
