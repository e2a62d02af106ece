// SPDX-License-Identifier: MIT
// Whether the kernel takes a worker's command line and environment, before execve(2) says E2BIG
// without saying of what.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"

namespace recycler::worker {

// Bytes, each text with the zero at its end. As execve(2) tells them.
struct ExecLimits {
    Bytes of_one;
    Bytes of_all;
};
// Of programs that this process starts.
[[nodiscard]] ExecLimits exec_limits();

// The error names what is too large, and what to do.
[[nodiscard]] Result<void> check_exec_size(const policies::App& app, const ExecLimits& limits);

} // namespace recycler::worker
