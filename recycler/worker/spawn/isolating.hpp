// SPDX-License-Identifier: MIT
// The steps by which a worker's child is cut off from other workers, and the trial of them. The
// steps are nothing but async-signal-safe calls; each returns 0, or the errno that stopped it.
#pragma once

#include "policies/policy.hpp"
#include "recycler/worker/spawn/isolation.hpp"

namespace recycler::worker {

// A mount namespace in which /dev/shm is an empty tmpfs; what the host mounts later arrives, where
// its mounts are shared. Takes CAP_SYS_ADMIN.
int have_own_shm();

// A domain of Landlock: only processes in it, or in domains that they make, can be looked into by
// this one, and get signals from it if these are scoped. All else goes on, but for mounting. Takes
// no_new_privs or CAP_SYS_ADMIN, and from Landlock's second version on it leaves files alone.
int enter_own_domain(bool scopes_signals);

// Tries both, in children; the keeper is taken to know them.
[[nodiscard]] IsolationOffer try_isolation();

// What isolation_limits() says of a daemon that root starts here, when `sandbox` asks for
// isolation; somebody else cannot try what takes root's rights.
[[nodiscard]] std::vector<std::string> isolation_warnings(const policies::Sandbox& sandbox);

} // namespace recycler::worker
