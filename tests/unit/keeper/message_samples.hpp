// SPDX-License-Identifier: MIT
// A message of each kind, in which no two fields are alike: what stands in
// tests/recorded/protocol-*.
#pragma once

#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/requests.hpp"
#include "recycler/keeper/protocol/take_out.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"

#include <algorithm>
#include <string_view>

namespace recycler::keeper {

inline constexpr WireId k_sample_id{.slot = 513, .generation = 0x01020304};
inline constexpr DepositKey k_sample_key{
    .kind = DepositKind::eventfd, .slot = 514, .serial = 0x05060708};
inline constexpr WireExit k_sample_exit{
    .code = 2, .status = 9, .at = 0x1112131415161718, .user_time = 33, .system_time = 44};

template <std::size_t Size>
constexpr std::array<char, Size> padded(std::string_view text) {
    std::array<char, Size> into{};
    std::ranges::copy(text, into.begin());
    return into;
}

inline constexpr Build k_sample_build = padded<32>("1.2.3-45-gabcdef");

inline constexpr Welcome k_sample_welcome{.keeper_pid = 71,
                                          .deposits = 72,
                                          .workers = 73,
                                          .starts = 74,
                                          .build = k_sample_build,
                                          .permits = 2};

// Of those that came after protocol 3.
template <typename Told>
void for_each_later_sample(std::uint16_t protocol, const Told& told) {
    if (protocol >= k_permits_since) {
        told("permit", Permit{});
        told("inherit", Inherit{});
        told("keep_permit", KeepPermit{.permit = 98});
        told("replay_permit", ReplayPermit{});
    }
    if (protocol >= k_thread_files_since) {
        told("open_thread_files",
             OpenThreadFiles{.id = k_sample_id, .threads = {101, 102, 103, 104}});
        told("thread_files_opened",
             ThreadFilesOpened{.id = k_sample_id, .files = 8, .threads = {101, 102, 103, 104}});
    }
    if (protocol >= k_channels_since) {
        told("route", Route{.slot = 515, .count = 2, .targets = {516, 517}});
        told("take_out", TakeOut{.id = k_sample_id, .process = 105, .numbers = {0x31, 0x32}});
        told("taken_out", TakenOut{.id = k_sample_id, .process = 105, .count = 106, .error = 9});
    }
    if (protocol >= k_spares_since) {
        told("take_slot", TakeSlot{.spare = {.slot = 0xFFFF, .generation = 99},
                                   .worker = {.slot = 518, .generation = 100}});
    }
}

// Calls `told` with the name and an example of each message that this protocol has and that has its
// layout.
// Hello, Welcome and Refused begin a conversation and stand by themselves.
template <typename Told>
void for_each_sample(std::uint16_t protocol, const Told& told) {
    Aux aux{};
    aux[0] = std::byte{1};
    aux[63] = std::byte{2};
    told("welcome", k_sample_welcome);
    told("established", Established{});
    told("pong", Pong{});
    told("deposit", Deposit{.key = k_sample_key, .aux = aux});
    told("withdraw", Withdraw{.key = k_sample_key});
    told("launch", Launch{.id = k_sample_id,
                          .placement = Placement::tasks,
                          .placements = 3,
                          .channel = protocol < k_channels_since ? 0U : 3U});
    told("forget", Forget{.id = k_sample_id});
    told("standing", UnitState{.phase = AppPhase::serving,
                               .until = 0x2122232425262728,
                               .text = padded<200>("4 workers, 1 draining")});
    told("quit", Quit{.code = 75});
    told("replay_deposit", ReplayDeposit{.key = k_sample_key, .aux = aux});
    told("replay_worker", ReplayWorker{.id = k_sample_id,
                                       .pid = 81,
                                       .state = WorkerState::exited,
                                       .step = worker::Step::user,
                                       .error = 82,
                                       .launched_at = 83,
                                       .execed_at = 84,
                                       .exit = k_sample_exit});
    told("replay_done", ReplayDone{.given_up = 0x3132333435363738});
    told("launched", Launched{.id = k_sample_id, .pid = 91, .launched_at = 92, .execed_at = 93});
    told("launch_failed", LaunchFailed{.id = k_sample_id, .step = worker::Step::exec, .error = 94});
    told("exited", Exited{.id = k_sample_id, .pid = 95, .exit = k_sample_exit});
    told("signal_received", SignalReceived{.signal = 96});
    told("ping", Ping{});
    told("rejected", Rejected{.id = k_sample_id, .type = Type::launch, .error = 97});
    for_each_later_sample(protocol, told);
}

} // namespace recycler::keeper
