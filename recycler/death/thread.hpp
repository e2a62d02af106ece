// SPDX-License-Identifier: MIT
// What one thread of a worker was doing when it was looked at: a part of the evidence
// (evidence.hpp). What could not be read is nullopt, or empty. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recycler::death {

// What a system call waits for. A client: whoever asks the worker itself, the balancer.
// Time: no descriptor at all.
enum class WaitedKind { listener, socket, pipe, file, process, other, client, time };
enum class Awaited { either, input, output }; // of a descriptor
struct WaitedFor {
    WaitedKind kind = WaitedKind::other;
    int fd = -1; // -1: it is no descriptor
    // The other end of a connection, the path of a file, "pid 4711 (convert)". Empty: not known.
    std::string name{};
    Awaited awaited = Awaited::either;
};

struct Thread {
    std::int32_t id = 0;
    bool serves = false;                // its process had a request in flight, as far as is known
    std::string name{};                 // its comm
    std::optional<char> state{};        // the letter of proc(5)
    std::optional<std::string> call{};  // the system call it is in, by name or number
    std::vector<WaitedFor> waits_for{}; // in that call
    std::string why_no_call{};          // when that could not be read
    std::optional<double> cpu_share{};  // of one processor, between two looks: 1 is all of it
    std::optional<std::string> wait_channel{};
    std::vector<std::string> stack{}; // of the kernel's functions, innermost first
    std::string why_no_stack{};       // when that could not be read
};

} // namespace recycler::death
