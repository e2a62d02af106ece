// SPDX-License-Identifier: MIT
// Times that are no matter of policy, each with its reason.
#pragma once

#include "recycler/base/hiding.hpp"
#include "recycler/base/units.hpp"

namespace recycler::slots {

// Between steering new connections away from a listener and hiding it: handshakes that were under
// way at the instant of steering complete in it. Measured: 0 late connects in 1,448 handovers with
// it, 3 in 1,569 without.
inline constexpr Duration k_steered = std::chrono::milliseconds(10);

// A recycle that would hand the listener on waits so long at most for a look at who else holds it:
// some milliseconds, or a second on a machine with thousands of processes or without a free
// processor. The worker serves meanwhile.
inline constexpr Duration k_holders_look = std::chrono::seconds(3);

// By then it is known whether a fresh listener could be opened, on which a worker is to start.
inline constexpr Duration k_opens = std::chrono::milliseconds(1);

// A killed process that is still there (in an uninterruptible system call, for instance) is killed
// again after this.
inline constexpr Duration k_kill_again = std::chrono::seconds(1);

// A worker that outlived its stop signal behind an open gate is looked at again after this.
inline constexpr Duration k_proof_again = std::chrono::milliseconds(100);

// So long a controller that takes over looks for itself at what has been late meanwhile, before it
// gives it up: a look takes some milliseconds, and a busy machine a second.
inline constexpr Duration k_fresh_look = std::chrono::seconds(2);

// A reading of free memory serves decisions for this long.
inline constexpr Duration k_room_fresh = std::chrono::milliseconds(100);

// A first sample taken within this after ready tells what a start costs; one taken later, after a
// controller has been replaced, tells how far the worker has bloated.
inline constexpr Duration k_just_ready = std::chrono::seconds(1);

// A slot whose workers leave by themselves launches at most one in this time. Programs that leave
// after each request (gitweb for one) are not braked, and starting one takes about as long.
inline constexpr Duration k_leaving_pace = std::chrono::milliseconds(100);

// While a gate that has just opened waits for traffic, its worker is looked at this often.
inline constexpr Duration k_settling_look = std::chrono::milliseconds(10);

// Who would be looked at within this is looked at with others, unless it is looked at often: a
// thousand workers shall not mean a thousand turns a second.
inline constexpr Duration k_sample_slack = std::chrono::milliseconds(50);

} // namespace recycler::slots
