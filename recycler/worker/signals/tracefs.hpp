// SPDX-License-Identifier: MIT
// Where the kernel's trace events are described: the first of these that is mounted.
#pragma once

namespace recycler::worker {

constexpr const char* k_tracefs[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

} // namespace recycler::worker
