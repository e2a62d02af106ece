// SPDX-License-Identifier: MIT
// The capabilities of this process, and giving up all but some of them for good.
#pragma once

#include "recycler/base/result.hpp"

#include <cstdint>

namespace recycler::confine {

// Bits by the numbers of linux/capability.h.
using Capabilities = std::uint64_t;

[[nodiscard]] constexpr Capabilities capability(int number) {
    return Capabilities{1} << number;
}

// Those in effect; none where the kernel does not say.
[[nodiscard]] Capabilities capabilities_in_effect();

// Of those that it has, this thread keeps `wanted`, and no program that it might start gets more:
// the effective, permitted and bounding sets are these, the inheritable and the ambient set empty,
// and no_new_privs is set.
[[nodiscard]] Result<void> keep_capabilities(Capabilities wanted);

} // namespace recycler::confine
