// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/counting.hpp"

#include "recycler/controller/workers/containment.hpp"
#include "recycler/worker/look/readiness.hpp"
#include "recycler/worker/spawn/program_look.hpp"

namespace recycler::controller {

namespace {

using worker::Counter;
using worker::CountingFacts;
using worker::SilenceFacts;

CountingFacts::Need need_of(const policies::Policy& policy) {
    return policy.recycle.requests ? CountingFacts::Need::relied_upon : CountingFacts::Need::shown;
}

bool speaks(const std::optional<request::PageReading>& page) {
    return page && page->came_to_accept;
}

SilenceFacts::Worker waits(const LiveWorker& worker, int listener, Duration patience) {
    const auto inode = worker::inode_of(listener);
    const auto seen =
        inode ? worker::waits_on(
                    *inode, [&worker] { return processes_of(worker); }, worker::LookTime(patience))
              : Result<bool>(false);
    return seen && *seen ? SilenceFacts::Worker::waits : SilenceFacts::Worker::boots;
}

} // namespace

Counting Counting::prepare(const policies::Policy& policy, const worker::SpawnPlan& plan,
                           const std::string& recorder) {
    Counting counting;
    counting.need_ = need_of(policy);
    counting.page_fd_ = static_cast<int>(plan.page_fd);
    CountingFacts facts{.need = counting.need_,
                        .recorder = recorder.empty() ? CountingFacts::Recorder::missing
                                                     : CountingFacts::Recorder::at_hand,
                        .program = worker::look_at_program(plan.programs, plan.directory)};
    if (plan.no_new_privs) {
        facts.program.privileges = worker::Privileges::none; // whatever its file says
    }
    if (worker::choose_counter(facts) == Counter::kernel && counting.have_tracepoints()) {
        counting.of_new_ = Counter::kernel;
    }
    return counting;
}

bool Counting::have_tracepoints() {
    if (limitation_ || tracepoints_.front() != 0) {
        return !limitation_;
    }
    const auto found = worker::find_accept_tracepoints();
    if (found) {
        tracepoints_ = *found;
    } else {
        limitation_ = "Recycler cannot count the requests of these workers, because it cannot load "
                      "the recorder into them and " +
                      found.error().message() +
                      ": recycle.requests has no effect; use recycle.age or recycle.memory.";
    }
    return found.has_value();
}

worker::AcceptTracepoints Counting::at_birth() const {
    return of_new_ == Counter::kernel ? tracepoints_ : worker::AcceptTracepoints{};
}

void Counting::begin(LiveWorker& worker) const {
    if (of_new_ == Counter::kernel) {
        if (auto counter = worker::AcceptCounter::of_child(worker.pidfd.get(), page_fd_)) {
            worker.accepts = std::move(*counter);
        }
    }
}

void Counting::look(LiveWorker& worker, int listener, Duration patience) {
    if (exit_of(worker) != nullptr || worker.pid == 0) {
        return;
    }
    if (speaks(page_of(worker))) {
        worker.accepts.reset(); // the recorder knows more, from its first connection on
        return;
    }
    if (worker.accepts) {
        if (worker.accepts->count() > 0) {
            of_new_ = Counter::kernel; // it has accepted, and no recorder saw it
        }
        return;
    }
    if (need_ == CountingFacts::Need::relied_upon && !limitation_ &&
        worker::choose_counter(SilenceFacts{
            .need = need_, .worker = waits(worker, listener, patience)}) == Counter::kernel &&
        have_tracepoints()) {
        attach(worker);
    }
}

// What its child had opened may be there still: a controller before us had it.
void Counting::attach(LiveWorker& worker) {
    if (auto counter = worker::AcceptCounter::of_child(worker.pidfd.get(), page_fd_)) {
        worker.accepts = std::move(*counter);
        return;
    }
    const auto processes = processes_of(worker);
    if (!processes) {
        return; // it is looked at again
    }
    if (auto counter = worker::AcceptCounter::attach(*processes, tracepoints_)) {
        worker.accepts = std::move(*counter);
    }
}

std::optional<Served> served_by(const LiveWorker& worker,
                                const std::optional<request::PageReading>& page) {
    if (speaks(page)) {
        return Served{page->served, page->exact ? "recorder" : "recorder, not all"};
    }
    if (worker.accepts) {
        const bool all = worker.accepts->since() == worker::AcceptCounter::Since::birth;
        return Served{worker.accepts->count(), all ? "accepts" : "accepts, not all"};
    }
    return std::nullopt;
}

} // namespace recycler::controller
