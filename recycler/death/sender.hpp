// SPDX-License-Identifier: MIT
// Who sent the signal that ended a worker, as far as the kernel told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::death {

enum class Relation { other, itself };
struct Sender {
    std::optional<std::int32_t> pid;
    std::string comm;                   // empty: it was gone before its name could be read
    int signal = 0;                     // what it sent
    std::string unit{};                 // "ssh.service"; empty: none, or not known
    std::optional<std::uint32_t> uid{}; // whose it is
    Relation relation = Relation::other;
};

} // namespace recycler::death
