// SPDX-License-Identifier: MIT
// PURE. What [sandbox] isolate comes to on this machine: what is done to each worker, and what the
// machine keeps from being done. isolating.hpp tries it and does it.
#pragma once

#include <string>
#include <vector>

namespace recycler::worker {

// What is done to a worker, so that others of the same user can neither read nor harm it.
struct Isolation {
    bool own_domain = false;     // of Landlock: other workers' memory and descriptors are shut
    bool scopes_signals = false; // and they get no signals from it
    bool own_shm = false;        // a /dev/shm that no other worker sees, and that ends with it
    bool operator==(const Isolation&) const = default;
};

// Landlock's versions from which on it has what is needed.
inline constexpr int k_landlock_moves_files = 2;    // LANDLOCK_ACCESS_FS_REFER, Linux 5.19
inline constexpr int k_landlock_scopes_signals = 6; // LANDLOCK_SCOPE_SIGNAL, Linux 6.12

// What kernel and rights give, as it was tried at the start of this process.
struct IsolationOffer {
    int landlock = 0;          // its version; 0: none
    int domain_error = 0;      // why a process that gave up its privileges gets no domain
    int shm_error = 0;         // why there is no private /dev/shm
    bool is_privileged = true; // CAP_SYS_ADMIN, without which the rest takes no_new_privs
    bool keeper_knows = true;  // else it is of a version before, and isolates nobody
};

[[nodiscard]] Isolation isolation_by(const IsolationOffer& offer, bool no_new_privs);

// A sentence for each thing that workers can do to each other all the same, and why.
[[nodiscard]] std::vector<std::string> isolation_limits(const IsolationOffer& offer,
                                                        bool no_new_privs);

} // namespace recycler::worker
