// SPDX-License-Identifier: MIT
// What can stand behind a line, under the names of the output, and how each counts.
#pragma once

#include "recycler/explain/history.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace recycler::explain {

enum class Cause {
    death,          // a worker ended; its verdict says why
    gate,           // we refused it, on purpose: the balancer goes elsewhere
    restart,        // the next worker was not ready yet
    start_failed,   // no worker could be started
    brake,          // the slot was braked
    handover,       // it waited in the queue while the worker was replaced
    stop,           // the app was being stopped
    no_daemon,      // no daemon ran
    slow,           // the worker lived: it took longer than the balancer waits
    bad_answer,     // a living worker answered what the balancer does not understand, or nothing
    not_permitted,  // the kernel let the balancer not connect
    no_local_port,  // the balancer had no port left for its end of the connection
    unreachable,    // there was no way to the address
    no_handshake,   // the connection was not made in time
    queue_full,     // the queue of a socket file was full
    no_socket,      // a socket's file was not there
    balancer_limit, // the balancer had no descriptor or memory left
    worker_said,    // none of ours: what a program wrote
    client,         // none of ours: the client hung up, or read no further
    resolver,       // none of ours: a name was not resolved
    other_upstream, // none of ours: another backend
    unfinished,     // an answer stopped in the middle: the client's doing, or the worker's
    unexplained,    // nothing in the history fits
    no_history,     // the history does not reach that time, or there is none
    balancer,       // nothing about a backend
};
inline constexpr std::size_t k_cause_count = 25;
// The names of the output; a death is called by its verdict instead.
std::string_view to_string(Cause cause);
// Of a line that was refused by such a gate.
Cause cause_of(ClosedFor what_for);
// Of one that waited in a slot without a worker.
Cause cause_of(VacantFor what_for);
// What the system said of a connection, if that alone is the cause: no gate of ours gives it.
std::optional<Cause> cause_of(Fault fault);
// What is no matter of the time at which it happened.
bool is_of_balancer(Cause cause);
// Whether a closed gate answers like that: a port refuses, and a socket's file is not there. If the
// line does not say how the connection failed, it may have been so.
bool a_gate_may_say(Fault fault, std::string_view address);

enum class Category { explained, not_ours, unexplained, beside };
// How a line of that cause counts.
Category category_of(Cause cause);

} // namespace recycler::explain
