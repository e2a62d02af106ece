// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/counting.hpp"

#include "recycler/controller/workers/containment.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"
#include "recycler/worker/look/readiness.hpp"
#include "recycler/worker/spawn/program_look.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace recycler::controller {

namespace {

using worker::Counter;
using worker::CountingFacts;
using worker::SilenceFacts;

CountingFacts::Need need_of(const policies::Policy& policy) {
    return policy.recycle.requests ? CountingFacts::Need::relied_upon : CountingFacts::Need::shown;
}

bool is_forbidden(int error) {
    return error == EACCES || error == EPERM;
}

// As many as one packet brings the counters of: the next are asked for when these have come, so
// that neither side ever waits for room in the socket.
void ask_for_next(LiveWorker& worker, keeper::Link& link) {
    AwaitedAccepts& awaited = *worker.awaited_accepts;
    const std::size_t count = std::min(awaited.threads.size(), keeper::k_max_threads_asked);
    const auto asked = link.open_thread_files(awaited.id, keeper::ThreadFile::accept_counters,
                                              std::span(awaited.threads).first(count));
    if (!asked) {
        worker.awaited_accepts.reset(); // the keeper is gone
        return;
    }
    awaited.threads.erase(awaited.threads.begin(),
                          awaited.threads.begin() + static_cast<std::ptrdiff_t>(count));
}

// Of all workers together. A socket has room for some 200 packets.
constexpr std::size_t k_most_asked = 32;

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
                           const std::string& recorder, Found found) {
    Counting counting(std::move(found));
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
    if (!found_) {
        refused(found_.error(), "use recycle.age or recycle.memory");
    }
    return found_.has_value();
}

void Counting::refused(const Error& error, const char* remedy) {
    limitation_ = "Recycler cannot count the requests of these workers, because it cannot load "
                  "the recorder into them and " +
                  error.message() + ": recycle.requests has no effect; " + remedy + ".";
}

worker::AcceptTracepoints Counting::at_birth() const {
    return of_new_ == Counter::kernel && found_ ? *found_ : worker::AcceptTracepoints{};
}

void Counting::begin(WorkerId id, LiveWorker& worker, keeper::Link& link) const {
    if (of_new_ == Counter::kernel) {
        ask_for_birth_counters(id, worker, link);
    }
}

// Of a keeper that was started by an earlier version they are fetched by ourselves.
void Counting::ask_for_birth_counters(WorkerId id, LiveWorker& worker, keeper::Link& link) const {
    if (link.opens_thread_files()) {
        const auto asked =
            link.open_thread_files(id, keeper::ThreadFile::birth_counters, std::span(&page_fd_, 1));
        if (asked) {
            worker.awaited_accepts = AwaitedAccepts{.id = id, .from_birth = true, .threads = {}};
        }
    } else if (auto counter = worker::AcceptCounter::of_child(worker.pidfd.get(), page_fd_)) {
        worker.accepts = std::move(*counter);
    } else {
        worker.born_without_counters = true;
    }
}

void Counting::look(const Watched& watched, Duration patience, keeper::Link& link) {
    LiveWorker& worker = watched.worker;
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
    if (need_ == CountingFacts::Need::relied_upon && !limitation_ && !worker.awaited_accepts &&
        link.thread_files_awaited() < k_most_asked && // else it is looked at again
        worker::choose_counter(
            SilenceFacts{.need = need_, .worker = waits(worker, watched.listener, patience)}) ==
            Counter::kernel &&
        have_tracepoints()) {
        attach(watched.id, worker, link);
    }
}

// What its child had opened may be there still: a controller before us had it.
void Counting::attach(WorkerId id, LiveWorker& worker, keeper::Link& link) {
    if (!worker.born_without_counters) {
        ask_for_birth_counters(id, worker, link);
        return; // if there are none, it is looked at again
    }
    const auto processes = processes_of(worker);
    if (!processes) {
        return; // it is looked at again
    }
    auto threads = worker::threads_of_all(*processes);
    if (!link.opens_thread_files()) {
        attach_ourselves(worker, threads);
        return;
    }
    worker.awaited_accepts = AwaitedAccepts{.id = id, .threads = std::move(threads)};
    ask_for_next(worker, link);
}

// For a keeper that was started by an earlier version; later only with rights that we gave up.
void Counting::attach_ourselves(LiveWorker& worker, std::span<const pid_t> threads) {
    auto counter = worker::AcceptCounter::attach(threads, *found_);
    if (counter) {
        worker.accepts = std::move(*counter);
    } else if (is_forbidden(counter.error().code)) {
        refused(Error(counter.error())
                    .within("recyclerd, which is of an earlier version, opens no counters for "
                            "workers that run"),
                "restart the unit to bring recyclerd up to date");
    }
}

void Counting::take_birth_counters(LiveWorker& worker, keeper::ThreadFilesArrived arrived) {
    worker.awaited_accepts.reset();
    auto counter = worker::AcceptCounter::of_events(std::move(arrived.files),
                                                    worker::AcceptCounter::Since::birth);
    worker.born_without_counters = !counter;
    if (counter) {
        worker.accepts = std::move(*counter);
    }
}

void Counting::take(LiveWorker& worker, keeper::ThreadFilesArrived arrived, keeper::Link& link) {
    if (!worker.awaited_accepts) {
        return;
    }
    if (worker.awaited_accepts->from_birth) {
        take_birth_counters(worker, std::move(arrived));
        return;
    }
    if (arrived.error != 0) { // it is looked at again, unless that is of no use
        worker.awaited_accepts.reset();
        if (is_forbidden(arrived.error) || arrived.error == EOPNOTSUPP) {
            refused({arrived.error, "recyclerd cannot count what they accept"},
                    "use recycle.age or recycle.memory");
        }
        return;
    }
    AwaitedAccepts& awaited = *worker.awaited_accepts;
    std::ranges::move(arrived.files, std::back_inserter(awaited.counters));
    if (!awaited.threads.empty()) {
        ask_for_next(worker, link);
        return;
    }
    auto counter = worker::AcceptCounter::of_events(std::move(awaited.counters),
                                                    worker::AcceptCounter::Since::later);
    worker.awaited_accepts.reset();
    if (counter && exit_of(worker) == nullptr) {
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
