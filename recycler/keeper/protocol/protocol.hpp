// SPDX-License-Identifier: MIT
// What keeper and controller say to each other over one SOCK_SEQPACKET pair: fixed structs, one a
// packet, descriptors beside them (SCM_RIGHTS) in the order told here. A keeper lives as long as
// its app, so it meets controllers of later versions, and of earlier ones after a step back. Both
// name the protocols that they speak, and the newest that both do is spoken:
//  - a field never moves and no number is given to anything else; a later protocol appends fields
//    to a message, whose size in each protocol says size_in(), and adds types;
//  - Hello and Refused never change their layout: they are how two versions find out what they can
//    speak. Welcome is the first message in the protocol that was agreed on.
// Times are CLOCK_MONOTONIC nanoseconds; 0 is "not yet".
#pragma once

#include "recycler/keeper/protocol/deposit.hpp"
#include "recycler/worker/spawn/child.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace recycler::keeper {

inline constexpr std::uint32_t k_magic = 0x50454b52; // "RKEP" in memory, little endian
// Since 4 Welcome says which spawn plans the keeper reads; since 5 it starts no worker without a
// Permit; since 6 it opens accept counters, and tells the capabilities that it has given up; since
// 7 workers get channels, which it empties and fills; since 8 a worker takes a slot later.
inline constexpr std::uint16_t k_protocol = 8;
inline constexpr std::uint16_t k_permits_since = 5;
inline constexpr std::uint16_t k_thread_files_since = 6;
inline constexpr std::uint16_t k_channels_since = 7;
inline constexpr std::uint16_t k_spares_since = 8;
inline constexpr std::uint16_t k_oldest_protocol = 3;

// The environment tells a controller the number of its socket.
inline constexpr char k_link_variable[] = "RECYCLER_KEEPER";

// The exit status of an established controller that makes room for another program, which is
// installed in its place: start that at once, nothing has failed. (Beyond those of sysexits.h.)
inline constexpr int k_makes_room = 79;

// Launch: plan, listener, page, ring, 3 of its channel and 6 placements
inline constexpr std::size_t k_max_fds = 13;
inline constexpr std::size_t k_max_placements = 6; // v1 hierarchies
inline constexpr std::size_t k_max_targets = 16;   // of a route
inline constexpr std::size_t k_max_message = 256;
inline constexpr std::size_t k_max_workers = 1152; // 1024 slots, and handovers under way at once
// Of each: a listener, two eventfds, perhaps a birth channel; of each slot two ends of a channel.
inline constexpr std::size_t k_max_deposits = 8192;
inline constexpr std::size_t k_max_routes = 1024; // one of each slot
// That of the policy in force, one on its way to be, and one for what stands in the file.
inline constexpr std::size_t k_max_permits = 3;

enum class Type : std::uint16_t {
    // controller to keeper
    hello = 1,
    established,
    pong,
    deposit,
    withdraw,
    launch,
    forget,
    quit,
    unit_state,
    permit,
    inherit,
    keep_permit,
    open_thread_files,
    route,
    take_out,
    take_slot,
    // keeper to controller
    welcome = 64,
    refused,
    replay_deposit,
    replay_worker,
    replay_done,
    launched,
    launch_failed,
    exited,
    signal_received,
    ping,
    rejected,
    replay_permit,
    thread_files_opened,
    taken_out,
};

struct Header {
    std::uint32_t magic = k_magic;
    std::uint16_t protocol = k_protocol;
    Type type = Type::hello;
};

// How many bytes of a message are sent in this protocol. A message that has been appended to has
// one of its own.
template <typename Message>
constexpr std::size_t size_in(std::uint16_t protocol) {
    (void)protocol;
    return sizeof(Message);
}

struct WireId {
    std::uint16_t slot = 0;
    std::uint16_t reserved = 0;
    std::uint32_t generation = 0;
    bool operator==(const WireId&) const = default;
};

using Build = std::array<char, 32>; // RECYCLER_VERSION, padded with 0

// How the app stands, as far as systemd wants to know. `serving`: every slot has a worker that
// serves, or has shown that it cannot have one yet.
enum class AppPhase : std::uint16_t { starting = 0, serving, stopping };
using StatusText = std::array<char, 200>; // padded with 0

enum class Placement : std::uint16_t {
    none = 0,
    directory, // cgroup v2: one descriptor of the directory; born inside (CLONE_INTO_CGROUP)
    tasks, // cgroup v1: one "tasks" file of each hierarchy, open for writing; the child writes 0
};

} // namespace recycler::keeper
