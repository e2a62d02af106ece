// SPDX-License-Identifier: MIT
// What the keeper says to the controller: one struct a packet, descriptors beside it in the order
// told here. First the answer to Hello (Welcome or Refused) and the permits, then the replay of all
// else that is held, then news as it comes.
#pragma once

#include "recycler/keeper/protocol/protocol.hpp"
#include "recycler/worker/spawn/plan_view.hpp"

namespace recycler::keeper {

// How an ended worker ended: siginfo of waitid(2) and its own CPU time.
struct WireExit {
    std::int32_t code = 0;   // CLD_EXITED, CLD_KILLED, CLD_DUMPED
    std::int32_t status = 0; // exit status or signal
    std::int64_t at = 0;     // when it was reaped
    std::int64_t user_time = 0;
    std::int64_t system_time = 0;
};

enum class WorkerState : std::uint16_t { vacant = 0, starting, running, failed, exited };

struct Welcome {
    Header header{.type = Type::welcome};
    std::int32_t keeper_pid = 0;
    std::uint32_t deposits = 0;
    std::uint32_t workers = 0;
    std::uint32_t starts = 0; // controllers started before this one
    Build build{};
    // Since protocol 4: the spawn plans that it reads. A keeper that speaks 3 reads version 2.
    std::uint32_t oldest_plan = 2;
    std::uint32_t newest_plan = 2;
    // Since protocol 5: so many ReplayPermit come next, and all else when Inherit has been said.
    std::uint32_t permits = 0;
    std::uint32_t reserved = 0;
};
template <>
constexpr std::size_t size_in<Welcome>(std::uint16_t protocol) {
    return protocol < 4   ? offsetof(Welcome, oldest_plan)
           : protocol < 5 ? offsetof(Welcome, permits)
                          : sizeof(Welcome);
}

struct Refused {
    Header header{.type = Type::refused};
    std::uint16_t spoken = k_protocol;        // the newest protocol that this keeper speaks
    std::uint16_t oldest = k_oldest_protocol; // 0: of a keeper that speaks only that one
    std::uint32_t reserved2 = 0;
    Build build{};
};
struct ReplayPermit { // + policy: that of a Permit that a controller before was trusted with
    Header header{.type = Type::replay_permit};
};
struct ReplayDeposit { // + 1 descriptor
    Header header{.type = Type::replay_deposit};
    DepositKey key;
    Aux aux{};
};
struct ReplayWorker { // + page, ring, and the pidfd where there was a process
    Header header{.type = Type::replay_worker};
    WireId id;
    std::int32_t pid = 0;
    WorkerState state = WorkerState::vacant;
    worker::Step step = worker::Step::none;
    std::int32_t error = 0;
    std::uint32_t reserved = 0;
    std::int64_t launched_at = 0;
    std::int64_t execed_at = 0;
    WireExit exit;
};
struct ReplayDone {
    Header header{.type = Type::replay_done};
    // Since protocol 6: the capabilities, bits by number, that the keeper has taken out of its
    // bounding set, so that no worker can have them before the app is restarted.
    std::uint64_t given_up = 0;
};
template <>
constexpr std::size_t size_in<ReplayDone>(std::uint16_t protocol) {
    return protocol < 6 ? offsetof(ReplayDone, given_up) : sizeof(ReplayDone);
}
struct Launched { // + pidfd
    Header header{.type = Type::launched};
    WireId id;
    std::int32_t pid = 0;
    std::uint32_t reserved = 0;
    std::int64_t launched_at = 0;
    std::int64_t execed_at = 0;
};
struct LaunchFailed {
    Header header{.type = Type::launch_failed};
    WireId id;
    worker::Step step = worker::Step::none;
    std::uint16_t reserved = 0;
    std::int32_t error = 0;
};
struct Exited {
    Header header{.type = Type::exited};
    WireId id;
    std::int32_t pid = 0;
    std::uint32_t reserved = 0;
    WireExit exit;
};
struct SignalReceived {
    Header header{.type = Type::signal_received};
    std::int32_t signal = 0;
    std::uint32_t reserved = 0;
};
struct Ping {
    Header header{.type = Type::ping};
};
struct Rejected { // a message that the keeper did not carry out, and why
    Header header{.type = Type::rejected};
    WireId id; // of Launch, Forget, TakeSlot (the worker) and OpenThreadFiles; of Deposit its key,
               // with the kind as `reserved`
    Type type = Type::hello;
    std::uint16_t reserved = 0;
    std::int32_t error = 0;
};

} // namespace recycler::keeper
