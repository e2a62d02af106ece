// SPDX-License-Identifier: MIT
// How the keeper ends, told to stop a second time or by its controller, and how it kills that one.
#include "recycler/keeper/keeper.hpp"
#include "recycler/keeper/last_sight.hpp"
#include "recycler/keeper/system.hpp"

#include <csignal>
#include <sysexits.h>

namespace recycler::keeper {
namespace {

constexpr Duration k_second_stop = 2s; // to kill the workers and record what they were doing
constexpr Duration k_farewell = 2s;    // for killed workers to be reaped when the daemon ends
constexpr Duration k_dump_look = 100ms;

} // namespace

void Keeper::kill_controller(Ending& ending, MonoTime time) {
    if (time < ending.kill_by && is_dumping_core(controller_)) {
        ending.kill_at = time + k_dump_look;
        return;
    }
    ::kill(controller_, SIGKILL); // ours and not reaped: the pid is its own
    ending.kill_at = MonoTime::max();
}

// It means at once. A controller that serves sees to it, and records what is cut off; where one has
// died since the first stop, the next has little time for that.
void Keeper::obey_second_stop() {
    if (exit_code_ || conversation_.stops() < 2) {
        return;
    }
    if (!conversation_.is_serving()) {
        say("asked to stop a second time, and no controller runs: ending everything at once");
        exit_code_ = EX_OK;
    } else if (died_while_stopping_ && !end_by_) {
        end_by_ = now() + k_second_stop;
    }
}

void Keeper::end_without_controller() {
    say("asked to stop a second time, and a controller has died since the first time: ending "
        "everything at once");
    exit_code_ = EX_OK;
}

// Nobody is left behind: the workers by SIGKILL, the controller when it has had time to leave.
void Keeper::finish() {
    workers_.kill_all();
    conversation_.mute();
    const MonoTime deadline = now() + k_farewell;
    reap();
    while ((workers_.has_processes() || controller_ > 0) && now() < deadline) {
        notify_.speak(now());
        for (const Event& event : poller_.wait(now(), deadline)) {
            dispatch(event);
        }
    }
    if (controller_ > 0) {
        ::kill(controller_, SIGKILL);
    }
}

} // namespace recycler::keeper
