// SPDX-License-Identifier: MIT
// Decides which listener of a TCP reuseport group gets the connections. The program is attached
// through any socket of the group, holds for the whole group, is replaced atomically and needs no
// capability. An index counts the group's members in the order in which they joined; when one is
// closed the last one takes its place.
#pragma once

#include "recycler/base/result.hpp"

#include <cstdint>

namespace recycler::worker {

// All connections go to the member at `index`. Where there is no such member the kernel falls back
// to its hash.
[[nodiscard]] Result<void> steer_all(int listener, std::uint32_t index);

// Connections from one source port go to one member and all others to another, so that a new worker
// can be asked whether it answers before anybody else is sent to it.
struct SourcePortRule {
    std::uint16_t source_port = 0;
    std::uint32_t from_it = 0;
    std::uint32_t otherwise = 0;
};
[[nodiscard]] Result<void> steer_source_port(int listener, const SourcePortRule& rule);

} // namespace recycler::worker
