// SPDX-License-Identifier: MIT
#include "recycler/controller/look/signal_log.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace recycler::controller {

namespace {

constexpr std::size_t k_senders_kept = 4; // of one worker

// Sent by the thread that made the call to itself; its process is what we know.
void note_refusal(LiveWorkers& workers, const worker::SignalSeen& signal) {
    const auto hit = std::ranges::find_if(
        workers, [&](const auto& entry) { return entry.second.pid == signal.sender; });
    if (hit != workers.end() && signal.sender > 0) {
        hit->second.refused_call = signal.call;
    }
}

} // namespace

std::size_t SignalLog::note(LiveWorkers& workers, pid_t keeper) {
    if (!watch_) {
        return 0;
    }
    const worker::SignalsSeen seen = watch_->read();
    lost_ += seen.lost;
    for (const worker::SignalSeen& signal : seen.signals) {
        if (signal.call) {
            note_refusal(workers, signal);
            continue;
        }
        if (signal.sender == ::getpid() || signal.sender == keeper) {
            continue;
        }
        const auto hit = std::ranges::find_if(workers, [&](const auto& entry) {
            return entry.second.pid == signal.victim && entry.second.pid > 0;
        });
        if (hit == workers.end()) {
            continue;
        }
        const auto look = worker::look_at_sender(signal.sender);
        auto& senders = hit->second.senders;
        if (senders.size() == k_senders_kept) {
            senders.erase(senders.begin());
        }
        senders.push_back({.pid = signal.sender,
                           .comm = look.comm,
                           .signal = signal.signal,
                           .unit = look.unit,
                           .uid = look.uid,
                           .relation = signal.sender == signal.victim ? death::Relation::itself
                                                                      : death::Relation::other});
    }
    return seen.signals.size() + seen.lost;
}

std::string SignalLog::why_not(const LiveWorker& worker) const {
    if (!watch_) {
        return watch_.error().message();
    }
    if (ended_while_away(worker)) {
        return "it ended while no controller ran";
    }
    const keeper::Exit* exit = exit_of(worker);
    if (exit != nullptr && exit->code != CLD_EXITED && !worker::is_watched(exit->status)) {
        return "Recycler does not watch signals of this kind, because programs use them by the "
               "thousand";
    }
    return lost_ > 0 ? "this machine sent more signals than Recycler could note"
                     : death::k_no_signal_shown;
}

std::optional<std::string> SignalLog::limitation() const {
    if (watch_) {
        return std::nullopt;
    }
    return "Recycler cannot learn who sends a signal to a worker: " + watch_.error().message() +
           ".";
}

std::optional<death::Sender> sender_of_end(const LiveWorker& worker) {
    const keeper::Exit* exit = exit_of(worker);
    const bool was_killed = exit != nullptr && exit->code != CLD_EXITED;
    const auto fits = [&](const death::Sender& sender) {
        return !was_killed || sender.signal == exit->status;
    };
    const auto last = std::find_if(worker.senders.rbegin(), worker.senders.rend(), fits);
    return last == worker.senders.rend() ? std::nullopt : std::optional(*last);
}

} // namespace recycler::controller
