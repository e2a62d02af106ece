// SPDX-License-Identifier: MIT
// Which system call a worker was ended for by its seccomp filter, and who says so: the kernel's
// log, or what the tracepoint for signals showed of the registers.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/worker/signals/kernel_deaths.hpp"

#include <optional>
#include <string>

namespace recycler::controller {

struct ForbiddenCall {
    std::string name; // "unshare (x86_64)"
    std::string witness;
};

// nullopt: it was not SIGSYS that ended it, or nobody told. `told`: by the kernel's log, so far.
// `launched`: when the worker was.
[[nodiscard]] std::optional<ForbiddenCall>
forbidden_call_of(const LiveWorker& worker, WallTime launched, const worker::KernelDeaths& told);

} // namespace recycler::controller
