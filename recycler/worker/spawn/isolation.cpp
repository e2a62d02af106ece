// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/isolation.hpp"

#include <cerrno>
#include <cstring>
#include <optional>

namespace recycler::worker {

namespace {

std::string refused(const char* what, int error) {
    return std::string("the kernel refuses ") + what + " (" + std::strerror(error) + ")";
}

// nullopt: there is one.
std::optional<std::string> why_no_domain(const IsolationOffer& offer, bool no_new_privs) {
    if (offer.landlock == 0) {
        return offer.domain_error == ENOSYS ? "this kernel was built without Landlock"
               : offer.domain_error == EOPNOTSUPP
                   ? "Landlock is switched off on this machine: add landlock to the list that the "
                     "kernel's parameter lsm= has"
                   : refused("Landlock", offer.domain_error);
    }
    if (offer.landlock < k_landlock_moves_files) {
        return "this kernel's Landlock would keep them from moving files between folders; Linux "
               "5.19 has one that does not";
    }
    if (!no_new_privs && !offer.is_privileged) {
        return "with sandbox.no_new_privileges = false only a daemon with CAP_SYS_ADMIN can "
               "isolate them";
    }
    return offer.domain_error == 0
               ? std::nullopt
               : std::optional(refused("a domain of Landlock", offer.domain_error));
}

} // namespace

Isolation isolation_by(const IsolationOffer& offer, bool no_new_privs) {
    if (!offer.keeper_knows) {
        return {};
    }
    const bool has_domain = !why_no_domain(offer, no_new_privs);
    return {.own_domain = has_domain,
            .scopes_signals = has_domain && offer.landlock >= k_landlock_scopes_signals,
            .own_shm = offer.shm_error == 0};
}

std::vector<std::string> isolation_limits(const IsolationOffer& offer, bool no_new_privs) {
    if (!offer.keeper_knows) {
        return {"sandbox.isolate takes effect when the unit is restarted: the running recyclerd is "
                "of an earlier version, which isolates no workers."};
    }
    std::vector<std::string> limits;
    if (const auto why = why_no_domain(offer, no_new_privs)) {
        limits.push_back("Although sandbox.isolate = true, the workers of this app can read each "
                         "other's memory and end each other, because " +
                         *why + ".");
    } else if (offer.landlock < k_landlock_scopes_signals) {
        limits.emplace_back("Although sandbox.isolate = true, the workers of this app can send "
                            "each other signals, because this kernel's Landlock does not restrict "
                            "these; that of Linux 6.12 does.");
    }
    if (offer.shm_error != 0) {
        limits.push_back(
            "Although sandbox.isolate = true, the workers of this app share /dev/shm, because " +
            (offer.is_privileged ? refused("a private one", offer.shm_error)
                                 : std::string("the daemon has no CAP_SYS_ADMIN")) +
            ".");
    }
    return limits;
}

} // namespace recycler::worker
