// SPDX-License-Identifier: MIT
// What a process may do beyond its user. Reads /proc and draws no conclusions.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace recycler::worker {

// CAP_* of linux/capability.h, in effect, bits by number.
struct Capabilities {
    std::uint64_t effective = 0;

    [[nodiscard]] bool has(int capability) const { return (effective >> capability & 1) != 0; }
};

// None where the kernel does not say.
[[nodiscard]] Capabilities capabilities_of(pid_t process);

} // namespace recycler::worker
