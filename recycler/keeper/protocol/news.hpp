// SPDX-License-Identifier: MIT
// What the controller learns from the keeper, as values: who it is, the replay of all that is held,
// then news.
// Plain data; link.hpp fills it in. Descriptors in here belong to whoever holds the value.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::keeper {

// How an ended worker ended: waitid(2), and the CPU time of the process and of its reaped children.
struct Exit {
    int code = 0;   // CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int status = 0; // exit status or signal
    MonoTime at;    // when it was reaped
    Duration user_time{};
    Duration system_time{};
};

// ---- the greeting

struct Greeting {
    int keeper_pid = 0;
    std::uint32_t starts = 0; // controllers started before this one; 0: nothing can be held
    std::string keeper_build;
    std::uint32_t newest_plan = 0;  // the version of spawn plans that it reads
    bool wants_permits = false;     // it starts no worker without
    std::vector<UniqueFd> policies; // of the permits that controllers before have told it
};

// ---- the replay

struct HeldDeposit {
    DepositKey key;
    Aux aux{};
    UniqueFd fd;
};
struct Starting {}; // forked, not executed yet: a Launched or LaunchFailed will come
struct Running {
    MonoTime execed_at;
};
struct Failed {
    worker::Step step = worker::Step::none;
    int error = 0;
};
struct Ended {
    std::optional<MonoTime> execed_at;
    Exit exit;
};
struct HeldWorker {
    WorkerId id;
    int pid = 0;
    UniqueFd pidfd; // empty when it never had a process
    UniqueFd page;
    UniqueFd ring;
    MonoTime launched_at;
    std::variant<Starting, Running, Failed, Ended> state;
};
struct Replay {
    std::vector<HeldDeposit> deposits;
    std::vector<HeldWorker> workers;
    std::uint64_t given_up = 0; // capabilities, which no worker can have any more
};

// ---- the news

struct WorkerLaunched { // the program was executed (or killed before: then WorkerExited follows at
                        // once)
    WorkerId id;
    int pid = 0;
    UniqueFd pidfd; // empty when there was no room for it (RLIMIT_NOFILE)
    MonoTime launched_at;
    MonoTime execed_at;
};
struct WorkerLaunchFailed {
    WorkerId id;
    worker::Step step = worker::Step::none;
    int error = 0;
};
struct WorkerExited {
    WorkerId id;
    int pid = 0;
    Exit exit;
};
struct ThreadFilesArrived { // answers open_thread_files()
    WorkerId id;
    ThreadFile which = ThreadFile::accept_counters;
    std::vector<pid_t> threads{};  // those that still lived
    std::vector<UniqueFd> files{}; // of these
    int error = 0;                 // there are none, because of this errno
};
struct ConnectionsTakenOut { // answers take_out(): see TakenOut
    WorkerId id;
    std::uint32_t count = 0;
    int error = 0;
};
struct SignalArrived {
    int signal = 0; // SIGTERM, SIGINT, SIGHUP; sent to the keeper
};
struct PingArrived {}; // answer with pong(), or with any other message
struct OrderRejected {
    WorkerId worker;                 // of a launch or forget; its slot, of a route
    std::optional<DepositKey> key{}; // of a deposit; not every keeper tells it
    Type order = Type::hello;        // hello: of one that could not be read
    int error = 0; // EBADMSG malformed, EEXIST, EBUSY, ENOSPC, EMFILE no descriptors left, ENOENT
};
struct NothingYet {}; // nothing to read: wait until the descriptor is readable
struct KeeperGone {}; // end of file
using News = std::variant<WorkerLaunched, WorkerLaunchFailed, WorkerExited, ThreadFilesArrived,
                          ConnectionsTakenOut, SignalArrived, PingArrived, OrderRejected,
                          NothingYet, KeeperGone>;

} // namespace recycler::keeper
