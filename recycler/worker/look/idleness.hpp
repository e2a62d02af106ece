// SPDX-License-Identifier: MIT
// Is a worker provably idle? Reads the kernel once and says what the worker still has to do. Knows
// neither gates nor handovers: the caller says how things stand, and asks again when the answer is
// "not yet".
//
// Why `idle` is proven while the gate is closed. A connection only ever moves downstream:
// half-open, queued, taken by an accept(), descriptor installed, closed; behind a closed gate
// (k_hide_settles after hide()) none enters at the top. The stages are read from the top down, so
// that whatever is missed at one is met at a later one:
// 1. half-open: none, so every connection was at least queued by now. On a shared port the kernel's
//    count of references to the listener may show that at once (references.hpp);
// 2. the queue: empty, so every one was taken before now;
// 3. accept(): no thread is between taking and installing, so every one was installed before now. A
//    thread asleep (state S) in accept() took nothing: after the taking the kernel sleeps
//    uninterruptibly (D) if at all, but for a peer address on a userfaultfd(2) page. One that runs,
//    or whose end was met, counts as unsettled;
// 4. descriptors: no process of the worker holds a connection, so every one is closed. The list of
//    processes is taken before 1 and after 4; a difference (a fork took one along) counts as
//    unsettled.
// On a TCP port with one listener, one dump of the port proves the same without 3 and 4, and
// without any right on /proc: a connection has its place in the kernel's table from its first
// packet until its holder closes it, whoever that is. A connection that its peer has reset is
// nobody's any more and does not show here, though the worker may still compute for it: the
// recorder's `in_flight` does. The table has the sockets of everybody on the host, and the kernel
// walks all of it: 1 ms with 262,144 buckets. Where the recorder says that nothing is open, 1 to 4
// are tried first, and the table is asked only if they do not show at once that the worker is idle.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/proc.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace recycler::worker {

struct Idleness {
    std::uint32_t half_open =
        0;                    // in SYN_RECV on the port; of both listeners where the port is shared
    std::uint32_t queued = 0; // in the accept queue
    std::uint32_t unsettled =
        0; // threads that may be taking one, or a process list that changed: look again, or freeze
    std::uint32_t connections = 0; // accepted and still open, in whatever state

    [[nodiscard]] bool idle() const { return half_open == 0 && idle_but_half_open(); }
    // Enough once k_half_open has passed since hide().
    [[nodiscard]] bool idle_but_half_open() const {
        return queued == 0 && unsettled == 0 && connections == 0;
    }
};

// Who else has a listener on the address: nobody, or another worker in an overlap.
enum class Port { ours_alone, shared };

// Of a worker whose connections rest in it, and are handed from one to another: what bears its
// listener's name may be held by others, or stand in a channel. What it holds itself, the recorder
// says (`nothing_open` below), or its descriptors do.
struct KeepingWorker {
    bool keeps = false;
    std::vector<int> sockets{}; // that it has from us besides its listener: descriptors of ours
};

// `processes` is called only where descriptors must be read: on a shared port, and for unix
// sockets.
struct Watched {
    int listener = -1;
    Port port = Port::ours_alone;
    ListProcesses processes;
    Duration patience = k_longest_look; // for threads and descriptors
    // Whether the recorder has followed every connection of this worker's processes, of which these
    // live, and none is open, nor being accepted by one that is not in the list. Empty: nobody can
    // say so.
    std::function<bool(std::span<const pid_t> living)> nothing_open{};
    KeepingWorker keeping{};
};

// One look; ETIMEDOUT when there was no time for all of it. A process whose descriptors we may not
// read makes every connection on the port count as this worker's: the answer is then late rather
// than wrong.
[[nodiscard]] Result<Idleness> look(const Watched& watched, SocketDiag& diag);

// The same for a worker that is frozen (freeze.hpp): how many connections it holds. Gate and queue
// do not matter: a stopped thread is outside of accept() and takes nothing.
[[nodiscard]] Result<std::uint32_t> connections_held(const Watched& frozen, SocketDiag& diag);

} // namespace recycler::worker
