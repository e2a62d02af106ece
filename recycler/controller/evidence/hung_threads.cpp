// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/hung_threads.hpp"

#include "recycler/controller/workers/containment.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace recycler::controller {

namespace {

// Below this the kernel's steps of 10 ms decide the share.
constexpr Duration k_least_between_looks = std::chrono::milliseconds(200);

death::WaitedKind kind_of(worker::WaitedKind kind) {
    switch (kind) {
    case worker::WaitedKind::listener:
        return death::WaitedKind::listener;
    case worker::WaitedKind::socket:
        return death::WaitedKind::socket;
    case worker::WaitedKind::pipe:
        return death::WaitedKind::pipe;
    case worker::WaitedKind::file:
        return death::WaitedKind::file;
    case worker::WaitedKind::process:
        return death::WaitedKind::process;
    case worker::WaitedKind::client:
        return death::WaitedKind::client;
    case worker::WaitedKind::time:
        return death::WaitedKind::time;
    case worker::WaitedKind::other:
        break;
    }
    return death::WaitedKind::other;
}

death::Awaited awaited_of(worker::Awaited awaited) {
    switch (awaited) {
    case worker::Awaited::input:
        return death::Awaited::input;
    case worker::Awaited::output:
        return death::Awaited::output;
    case worker::Awaited::either:
        break;
    }
    return death::Awaited::either;
}

bool serves(const LiveWorker& worker, pid_t process) {
    return worker.told_within &&
           std::ranges::find(*worker.told_within, process, &request::Process::pid) !=
               worker.told_within->end();
}

std::optional<double> share_of(const worker::ThreadSeen& thread, const Notes& notes) {
    if (!notes.cpu || !notes.examined_at || !thread.cpu_time) {
        return std::nullopt;
    }
    const auto before = notes.cpu->used.find(thread.thread);
    const Duration between = *notes.examined_at - notes.cpu->at;
    if (before == notes.cpu->used.end() || between < k_least_between_looks) {
        return std::nullopt;
    }
    return std::chrono::duration<double>(*thread.cpu_time - before->second) /
           std::chrono::duration<double>(between);
}

} // namespace

void note_cpu_of(LiveWorker& worker, MonoTime now, const slots::WorkerSampled& seen,
                 const policies::Recycle& recycle, keeper::Link& link) {
    const auto half_over = [](std::optional<Duration> so_far, std::optional<Duration> limit) {
        return so_far && limit && *so_far >= *limit / 2;
    };
    if (!half_over(seen.running, recycle.hung) && !half_over(seen.unserved, recycle.stuck)) {
        worker.notes.cpu.reset();
        worker.notes.stacks = {};
        return;
    }
    if (!worker.notes.cpu) {
        if (const auto processes = processes_of(worker)) {
            worker.notes.cpu = CpuNote{now, worker::look_at_cpu(*processes)};
            std::vector<pid_t> threads;
            std::ranges::copy(std::views::keys(worker.notes.cpu->used),
                              std::back_inserter(threads));
            worker.notes.stacks = KernelStacks(seen.worker, std::move(threads), link);
        }
    }
}

void examine_threads(LiveWorker& worker, const policies::Address& address, MonoTime now,
                     Duration patience) {
    if (const auto processes = processes_of(worker)) {
        worker.threads = worker::look_at_threads(*processes, worker::LookTime(patience),
                                                 worker.notes.stacks.files());
        worker.notes.examined_at = now;
    }
    for (worker::ThreadSeen& seen : worker.threads) {
        for (worker::WaitedFor& waited : seen.waits_for) {
            if (waited.kind == worker::WaitedKind::socket &&
                worker::came_in_at(address, waited.own_end)) {
                waited.kind = worker::WaitedKind::client;
            }
        }
    }
}

std::vector<death::Thread> threads_of(const LiveWorker& worker) {
    std::vector<death::Thread> threads;
    for (const worker::ThreadSeen& seen : worker.threads) {
        death::Thread thread{.id = seen.thread,
                             .serves = serves(worker, seen.process),
                             .name = seen.name,
                             .state = seen.state,
                             .call = seen.call,
                             .why_no_call = seen.why_no_call,
                             .cpu_share = share_of(seen, worker.notes),
                             .wait_channel = seen.wait_channel,
                             .stack = seen.stack,
                             .why_no_stack = seen.why_no_stack};
        for (const worker::WaitedFor& waited : seen.waits_for) {
            thread.waits_for.push_back(
                {kind_of(waited.kind), waited.fd, waited.name, awaited_of(waited.awaited)});
        }
        threads.push_back(std::move(thread));
    }
    return threads;
}

} // namespace recycler::controller
