// SPDX-License-Identifier: MIT
// The policy of one app: every key of its TOML file as a typed value, defaults filled in. Plain
// data; parse.hpp makes it, everybody reads it. recycler.toml(5) describes each key for its users.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace policies {

using recycler::Bytes;
using recycler::Duration;
using namespace std::chrono_literals;

// Where a slot listens. `host` is a numeric IPv4 or IPv6 address without brackets.
struct TcpAddress {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const TcpAddress&) const = default;
};
struct UnixAddress {
    std::string path;
    bool operator==(const UnixAddress&) const = default;
};
using Address = std::variant<TcpAddress, UnixAddress>;

// "127.0.0.1:7000", "[::1]:7000", "unix:/run/shop/0.sock": what status, records and errors call it.
std::string to_string(const Address& address);
// The short name of a slot: its port ("7000"), or the socket's file name.
std::string slot_name(const Address& address);
inline constexpr const char* k_spare_name = "spare"; // of workers that wait for a slot

// A part of a whole, in percent; 80 is "80%".
struct Percent {
    double value = 0;
    bool operator==(const Percent&) const = default;
};

// Of balancers. `automatic`: they rest in the worker, and are handed on when it leaves.
enum class KeepConnections { off, automatic };

struct App {
    std::string name;
    std::vector<std::string> command; // argv, never through a shell
    std::vector<Address> listen;      // one worker each, in order
    std::string directory = "/";
    std::string user;  // empty: the user that started us (never root unless said)
    std::string group; // empty: the user's
    std::map<std::string, std::string> environment;
    int backlog = 1024;
    std::uint32_t socket_mode = 0660;
    std::string socket_user;
    std::string socket_group;
    KeepConnections keep_connections = KeepConnections::automatic;
    bool operator==(const App&) const = default;
};

enum class Enforcement { required, preferred };

// What the kernel enforces. Percent of RAM is resolved by the parser, which is told how much there
// is.
struct Memory {
    std::optional<Bytes> max;
    std::optional<Bytes> app_max;
    Bytes swap_max{0};
    Enforcement enforcement = Enforcement::required;
    bool operator==(const Memory&) const = default;
};

// When a worker is retired. What is nullopt is off. `memory` is resolved against memory.max: always
// a size.
struct Recycle {
    std::optional<Bytes> memory;
    std::optional<std::uint64_t> requests;
    std::optional<Duration> age;
    std::optional<Duration> hung;
    // As long as the balancers wait by default (60 s in nginx, lighttpd and Apache): whoever began
    // to wait when the worker stood still has been sent away by then.
    std::optional<Duration> stuck = 60s;
    Percent spread{10};
    bool operator==(const Recycle&) const = default;
};

struct Drain {
    Duration timeout = 5min;
    int stop_signal = 15; // SIGTERM
    Duration stop_timeout = 10s;
    bool operator==(const Drain&) const = default;
};

struct ReadyAccept {
    bool operator==(const ReadyAccept&) const = default;
};
struct ReadyProbe {
    bool operator==(const ReadyProbe&) const = default;
};
using Ready = std::variant<ReadyAccept, ReadyProbe, Duration>;

struct Start {
    Ready ready = ReadyAccept{};
    Duration timeout = 60s;
    bool operator==(const Start&) const = default;
};

enum class HandoverMode { overlap, queue, close, automatic };

struct Capacity {
    HandoverMode handover = HandoverMode::automatic;
    std::variant<std::uint32_t, Percent> max_unavailable = std::uint32_t{1};
    Duration settle = 4s;
    std::uint32_t spares = 0; // booted workers that wait for a slot
    bool operator==(const Capacity&) const = default;
};

struct Restart {
    std::uint32_t burst = 5;
    Duration within = 60s;
    Duration backoff_max = 60s;
    Duration queue_timeout = 10s; // who waits in a slot that cannot serve is turned away then
    bool operator==(const Restart&) const = default;
};

// core: nullopt = unlimited.
struct Limits {
    std::uint64_t pids = 64;
    std::uint64_t nofile = 1024;
    std::optional<Bytes> core;
    std::uint32_t cpu_weight = 100;
    bool operator==(const Limits&) const = default;
};

struct SeccompDefault {
    bool operator==(const SeccompDefault&) const = default;
};
struct SeccompOff {
    bool operator==(const SeccompOff&) const = default;
};
// `text`: what stands in the file; empty until whoever may read files has read it.
struct SeccompProfile {
    std::string path;
    std::string text = {};
    bool operator==(const SeccompProfile&) const = default;
};
// What is forbidden by the profile, or by the default one, is let through and told.
struct SeccompLog {
    std::optional<SeccompProfile> profile = {};
    bool operator==(const SeccompLog&) const = default;
};
using Seccomp = std::variant<SeccompDefault, SeccompOff, SeccompLog, SeccompProfile>;

// The profile with a file of its own; nullptr: there is none.
const SeccompProfile* profile_of(const Seccomp& seccomp);
SeccompProfile* profile_of(Seccomp& seccomp);

struct Sandbox {
    Seccomp seccomp = SeccompDefault{};
    bool no_new_privileges = true;
    std::optional<std::vector<std::string>> capabilities = {}; // nullopt: see capabilities.hpp
    std::uint32_t umask = 022;
    int nice = 0;
    bool isolate = false; // from the other workers of the same user
    bool operator==(const Sandbox&) const = default;
};

struct Control {
    std::string group;
    bool operator==(const Control&) const = default;
};

struct Report {
    std::uint32_t stderr_lines = 20;
    std::string file; // default: /var/lib/recycler/APP/events.jsonl
    bool operator==(const Report&) const = default;
};

struct Blame {
    std::vector<std::string> query; // parameters whose values are part of a route
    bool operator==(const Blame&) const = default;
};

struct Policy {
    App app;
    Memory memory;
    Recycle recycle;
    Drain drain;
    Start start;
    Capacity capacity;
    Restart restart;
    Limits limits;
    Sandbox sandbox;
    Control control;
    Report report;
    Blame blame;
    bool operator==(const Policy&) const = default;
};

} // namespace policies
