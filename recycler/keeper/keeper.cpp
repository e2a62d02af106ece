// SPDX-License-Identifier: MIT
#include "recycler/keeper/keeper.hpp"

#include "recycler/keeper/last_sight.hpp"
#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::keeper {
namespace {

constexpr int k_orders_per_turn = 16;     // then output and exits have their turn
constexpr Duration k_abort_grace = 500ms; // for SIGABRT to be taken, or for it to leave by itself
constexpr Duration k_longest_dump = 10s;  // to write that core; no worker is replaced meanwhile

std::optional<siginfo_t> next_ended_child(rusage& usage) {
    siginfo_t info{};
    // The system call, because the library's waitid has no place for the usage.
    if (::syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, &usage) < 0 || info.si_pid == 0) {
        return std::nullopt;
    }
    return info;
}

} // namespace

int Keeper::run() {
    if (const int error = open()) {
        say("cannot start: %s", std::strerror(error));
        return EX_OSERR;
    }
    while (!exit_code_) {
        const MonoTime before = now();
        conversation_.speak();
        notify_.speak(before);
        const MonoTime deadline = std::min({next_deadline(), notify_.next_deadline(),
                                            workers_.next_deadline(), routes_.next_deadline()});
        for (const Event& event : poller_.wait(before, deadline)) {
            dispatch(event);
        }
        act_on_time(now());
        workers_.act_on_time(now());
        routes_.act_on_time(now());
    }
    finish();
    return *exit_code_;
}

int Keeper::open() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) {
        ::sigaddset(&wanted, number);
    }
    if (const int error = poller_.open()) {
        return error;
    }
    if (const int error = workers_.open()) {
        return error;
    }
    notify_.take_environment(now());
    signals_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    return signals_ ? poller_.add(signals_.get(), {.source = Source::signals}) : errno;
}

void Keeper::dispatch(const Event& event) {
    switch (event.source) {
    case Source::signals:
        read_signals();
        break;
    case Source::socket:
        listen();
        break;
    case Source::outputs:
        workers_.on_outputs();
        break;
    case Source::failure_pipe:
        workers_.on_failure_pipe(event.index);
        break;
    case Source::channel:
        routes_.on_channel(event.index);
        break;
    }
}

void Keeper::read_signals() {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
        if (signal.ssi_signo == SIGCHLD) {
            reap();
            continue;
        }
        conversation_.note_signal(static_cast<int>(signal.ssi_signo));
        if (conversation_.stops() > 0) {
            notify_.stopping();
        }
        obey_second_stop();
    }
}

void Keeper::reap() {
    rusage usage{};
    while (const std::optional<siginfo_t> info = next_ended_child(usage)) {
        if (info->si_pid == controller_) {
            hear_last_words();
            on_controller_exit(*info);
        } else {
            workers_.on_exit(*info, usage);
        }
    }
}

void Keeper::listen() {
    for (int i = 0; i < k_orders_per_turn; ++i) {
        const Heard heard = conversation_.listen();
        if (heard == Heard::nothing) {
            return;
        }
        watchdog_.heard();
        hear(heard);
        conversation_.speak();
    }
}

// What a controller said before it ended, quit for one, may not be read yet.
void Keeper::hear_last_words() {
    for (Heard heard = conversation_.listen(); heard != Heard::nothing && heard != Heard::closed;
         heard = conversation_.listen()) {
        hear(heard);
        conversation_.speak();
    }
}

void Keeper::hear(Heard heard) {
    switch (heard) {
    case Heard::nothing:
    case Heard::order:
        break;
    case Heard::established:
        if (std::holds_alternative<Trying>(life_)) {
            life_ = Established{};
            ++established_;
            watchdog_.established();
            program_.works(controller_);
        }
        break;
    case Heard::unit_state:
        notify_.show(conversation_.unit_state());
        break;
    case Heard::unfit:
        say("the controller %s speaks another protocol: starting the previous one",
            program_.path());
        program_.does_not_work();
        end_controller(k_abort_grace);
        break;
    case Heard::quit:
        exit_code_ = conversation_.quit_code() & 0xff;
        break;
    case Heard::closed:
        // It is ending, or should: without us it can do nothing. One that never said hello may have
        // something to print.
        end_controller(conversation_.is_greeting() ? k_start_allowance : k_abort_grace);
        break;
    }
}

void Keeper::start_controller(MonoTime time) {
    StartedController started = program_.start();
    ++starts_;
    started_at_ = time;
    if (started.pid < 0) {
        life_ = Absent{.start_at = time + std::max(backoff_.after(time, time), k_first_wait)};
        return;
    }
    controller_ = started.pid;
    life_ = Trying{};
    watchdog_.started(time);
    if (conversation_.begin(std::move(started.socket), starts_ - 1) != 0) {
        end_controller(Duration{0});
    }
}

void Keeper::end_controller(Duration grace) {
    conversation_.mute();
    Ending ending{.kill_at = now() + grace, .kill_by = now() + grace + k_longest_dump};
    if (std::holds_alternative<Established>(life_)) {
        ending.before = Established{};
    } else if (!std::holds_alternative<Trying>(life_)) {
        return;
    }
    life_ = ending;
}

// Its author shall find out why: where it stood is told, and SIGABRT leaves a core.
void Keeper::end_hung_controller() {
    say("the controller %d does not answer: ending it, the workers go on serving; it stood in: %s",
        controller_, look_at(controller_).data());
    ::kill(controller_, SIGABRT);
    ::kill(controller_, SIGCONT); // one that is stopped would not take it
    end_controller(k_abort_grace);
}

// 64, 71, 78: it cannot serve, and says why; 0: there was nothing to serve (--check). That ends the
// daemon unless something was ever served or a worker lives: then the next one may fare better.
std::optional<int> Keeper::exit_code_of_first(const siginfo_t& info) const {
    if (established_ > 0 || store_.worker_count() > 0) {
        return std::nullopt;
    }
    const int status = info.si_status;
    const bool is_final =
        status == EX_OK || status == EX_USAGE || status == EX_OSERR || status == EX_CONFIG;
    if (info.si_code == CLD_EXITED && is_final) {
        return status;
    }
    return backoff_.young_in_a_row() >= k_first_tries ? std::optional<int>{EX_OSERR} : std::nullopt;
}

void Keeper::on_controller_exit(const siginfo_t& info) {
    const auto* ending = std::get_if<Ending>(&life_);
    const bool was_established =
        std::holds_alternative<Established>(life_) ||
        (ending != nullptr && std::holds_alternative<Established>(ending->before));
    const MonoTime time = now();
    controller_ = -1;
    if (exit_code_) {
        return; // it said quit, and left
    }
    conversation_.end();
    life_ = Absent{.start_at = time};
    if (was_established && info.si_code == CLD_EXITED && info.si_status == k_makes_room) {
        return;
    }
    life_ = Absent{.start_at = time + backoff_.after(started_at_, time)};
    exit_code_ = exit_code_of_first(info);
    if (exit_code_ && info.si_code == CLD_EXITED && info.si_status == *exit_code_) {
        return; // it has told the operator itself
    }
    if (!was_established) {
        program_.does_not_work();
    }
    died_while_stopping_ = died_while_stopping_ || conversation_.stops() > 0;
    const char* next = exit_code_ ? "; giving up, because no controller ever worked"
                       : conversation_.stops() >= 2
                           ? ""
                           : "; starting it again, the workers go on serving";
    say("the controller %s ended by %s %d%s", program_.path(),
        info.si_code == CLD_EXITED ? "status" : "signal", info.si_status, next);
    obey_second_stop();
}

void Keeper::act_on_time(MonoTime time) {
    if (exit_code_ || time < next_deadline()) {
        return;
    }
    if (end_by_ && time >= *end_by_) {
        end_without_controller();
        return;
    }
    if (std::holds_alternative<Absent>(life_)) {
        start_controller(time);
    } else if (auto* ending = std::get_if<Ending>(&life_)) {
        kill_controller(*ending, time);
    } else if (watchdog_.turn(time) == Watchdog::Turn::ping) {
        conversation_.ping();
    } else {
        end_hung_controller();
    }
}

MonoTime Keeper::next_deadline() const {
    return std::min(next_turn(), end_by_.value_or(MonoTime::max()));
}

MonoTime Keeper::next_turn() const {
    if (const auto* absent = std::get_if<Absent>(&life_)) {
        return absent->start_at;
    }
    if (const auto* ending = std::get_if<Ending>(&life_)) {
        return ending->kill_at;
    }
    return watchdog_.next_turn();
}

} // namespace recycler::keeper
