// SPDX-License-Identifier: MIT
// Telling: the replay, then news.
#include "recycler/keeper/conversation.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace recycler::keeper {

void Conversation::watch_for(std::uint32_t events) {
    if (watched_ != events) {
        watched_ = events;
        poller_.change(socket_.get(), {.source = Source::socket}, events);
    }
}

void Conversation::speak() {
    if (state_ == State::closed || state_ == State::mute) {
        return;
    }
    int error = 0;
    if (answer_) {
        error = tell_answer();
        if (error == 0 ||
            error ==
                EPIPE) { // nobody waits for it any more; what was ordered before is still heard
            answer_.reset();
        }
    }
    if (error == 0 && state_ == State::permitting) {
        error = replay_permits();
    }
    if (error == 0 && state_ == State::replaying) {
        error = replay();
    }
    if (error == 0 && state_ == State::serving) {
        error = tell_signals();
    }
    if (error == 0 && state_ == State::serving) {
        error = tell_news();
    }
    // EPIPE needs no measures: the end of file comes by itself.
    const std::uint32_t hear = answer_ ? 0U : EPOLLIN;
    watch_for(error == 0 || error == EPIPE ? EPOLLIN : hear | EPOLLOUT);
}

void Conversation::ping() {
    if (state_ == State::serving || state_ == State::replaying) {
        (void)send_message(socket_.get(), protocol_,
                           Ping{}); // no room: it has enough to read and to answer
    }
}

int Conversation::tell_answer() {
    if (const auto* rejected = std::get_if<Rejected>(&*answer_)) {
        return send_message(socket_.get(), protocol_, *rejected);
    }
    if (const auto* taken = std::get_if<TakenOut>(&*answer_)) {
        return send_message(socket_.get(), protocol_, *taken);
    }
    const Opened& opened = std::get<Opened>(*answer_);
    const std::size_t count = opened.files.count;
    std::array<int, k_max_fds> fds{};
    std::ranges::transform(opened.files.fds, fds.begin(), &UniqueFd::get);
    const ThreadFilesOpened told{.id = opened.id,
                                 .files = static_cast<std::uint32_t>(count),
                                 .which = opened.which,
                                 .threads = opened.files.threads};
    return send_message(socket_.get(), protocol_, told, std::span{fds}.first(count));
}

int Conversation::replay_permits() {
    const auto permits = permits_.held();
    for (; replayed_permits_ < permits.size(); ++replayed_permits_) {
        const int policy = permits[replayed_permits_].policy.get();
        if (const int error =
                send_message(socket_.get(), protocol_, ReplayPermit{}, std::span{&policy, 1})) {
            return error;
        }
    }
    return 0;
}

int Conversation::replay() {
    const auto deposits = store_.deposits();
    for (; replayed_deposits_ < deposits.size(); ++replayed_deposits_) {
        if (const int error = replay_deposit(deposits[replayed_deposits_])) {
            return error;
        }
    }
    const auto workers = store_.workers();
    for (; replayed_workers_ < workers.size(); ++replayed_workers_) {
        if (const int error = replay_worker(workers[replayed_workers_])) {
            return error;
        }
    }
    const int error =
        send_message(socket_.get(), protocol_, ReplayDone{.given_up = rights_.given_up()});
    if (error == 0) {
        state_ = State::serving;
    }
    return error;
}

int Conversation::replay_deposit(const DepositRecord& deposit) {
    if (!deposit.fd) {
        return 0;
    }
    const int fd = deposit.fd.get();
    return send_message(socket_.get(), protocol_,
                        ReplayDeposit{.key = deposit.key, .aux = deposit.aux}, std::span{&fd, 1});
}

int Conversation::replay_worker(WorkerRecord& worker) {
    if (worker.state == WorkerState::vacant) {
        return 0;
    }
    const ReplayWorker message{
        .id = worker.id,
        .pid = worker.pid,
        .state = worker.state,
        .step = worker.failure.step,
        .error = worker.failure.error,
        .launched_at = worker.launched_at,
        .execed_at = worker.execed_at,
        .exit = worker.exit,
    };
    const std::array<int, 3> fds{worker.page.get(), worker.ring.get(), worker.pidfd.get()};
    const int error =
        send_message(socket_.get(), protocol_, message, std::span{fds}.first(worker.pidfd ? 3 : 2));
    if (error == 0) {
        worker.told = worker.state;
    }
    return error;
}

void Conversation::note_signal(int number) {
    if (number == SIGHUP) {
        ++reloads_untold_;
    } else {
        ++stops_;
        stop_signal_ = number;
    }
}

int Conversation::tell_signals() {
    while (stops_told_ < stops_) {
        if (const int error =
                send_message(socket_.get(), protocol_, SignalReceived{.signal = stop_signal_})) {
            return error;
        }
        ++stops_told_;
    }
    while (reloads_untold_ > 0) {
        if (const int error =
                send_message(socket_.get(), protocol_, SignalReceived{.signal = SIGHUP})) {
            return error;
        }
        --reloads_untold_;
    }
    return 0;
}

int Conversation::tell_news() {
    for (WorkerRecord& worker : store_.workers()) {
        while (worker.told != worker.state) {
            if (const int error = tell_news(worker)) {
                return error;
            }
        }
    }
    return 0;
}

// The next thing about this worker that was not told yet.
int Conversation::tell_news(WorkerRecord& worker) {
    int error = 0;
    WorkerState next = worker.state;
    if (worker.state == WorkerState::failed) {
        error = send_message(socket_.get(), protocol_,
                             LaunchFailed{.id = worker.id,
                                          .step = worker.failure.step,
                                          .error = worker.failure.error});
    } else if (worker.told == WorkerState::starting) {
        const int pidfd = worker.pidfd.get();
        error = send_message(socket_.get(), protocol_,
                             Launched{.id = worker.id,
                                      .pid = worker.pid,
                                      .launched_at = worker.launched_at,
                                      .execed_at = worker.execed_at},
                             std::span{&pidfd, 1});
        next = WorkerState::running;
    } else {
        error = send_message(socket_.get(), protocol_,
                             Exited{.id = worker.id, .pid = worker.pid, .exit = worker.exit});
    }
    if (error == 0) {
        worker.told = next;
    }
    return error;
}

} // namespace recycler::keeper
