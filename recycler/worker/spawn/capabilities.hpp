// SPDX-License-Identifier: MIT
// Capabilities of the process that asks: what it may do beyond its user.
#pragma once

namespace recycler::worker {

// CAP_* of linux/capability.h, in effect. False also where the kernel does not say.
[[nodiscard]] bool have_capability(int capability);

} // namespace recycler::worker
