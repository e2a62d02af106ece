// SPDX-License-Identifier: MIT
// What state an open listener is in. Its worker holds the same socket and may do to it whatever a
// socket's owner may; and the names of a unix one stand in a folder that others may clear. So
// nothing about it is believed that was not looked at. Knows neither workers nor why a gate is
// open.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::worker {

// A classic or extended BPF program on the socket itself (SO_ATTACH_FILTER): it sees each packet of
// a handshake, and those who are accepted inherit it. `sealed`: with SO_LOCK_FILTER, which also
// keeps every other program away from it, and nobody can undo; `passing`: sealed, and lets all
// pass.
enum class SocketFilter { none, attached, passing, sealed };

struct ListenerState {
    bool shut_down = false;
    std::uint32_t queued = 0;                 // connections that wait in it
    std::optional<bool> shown;                // otherwise than wanted; none: as it is wanted
    std::optional<int> interface {};          // TCP: bound to, if that is not as wanted; 0: to none
    SocketFilter filter = SocketFilter::none; // TCP
    bool alone = false;                       // TCP: SO_REUSEPORT is off, so none can join it
    bool leads = false;                       // unix: PATH leads to it
    bool nameless = false;                    // unix: PATH.SERIAL does not lead to it any more
    std::uint32_t file = 0;                   // unix: that which bind(2) made

    [[nodiscard]] bool sound() const {
        return !shut_down && !shown && filter == SocketFilter::none && !alone && !nameless;
    }
};

struct Known {
    std::optional<bool> shown{};         // what it should be; none: not known, or either will do
    std::optional<std::uint32_t> file{}; // unix: an earlier look's
};

// One look. TCP: four questions to the socket (2 us); unix: the names (20 us), and a question to
// `diag` (40 us and more) unless its file is known and nobody waits in it.
[[nodiscard]] Result<ListenerState> state_of(const policies::Address& address, int listener,
                                             const Known& known, SocketDiag& diag);

// How a listener is after it was put right.
enum class Health {
    mended,      // nothing is wrong any more
    unjoinable,  // its worker gets connections; no other listener can be put beside it
    obstructed,  // somebody else has its PATH: `error` says who
    unreachable, // nobody gets a connection by it, and that cannot be changed
};
struct Mended {
    Health health = Health::mended;
    std::string what; // was wrong: "its listener was shut down"; several, with commas between them
    std::optional<Error> error;
};

// Puts right what `state` says is wrong, as far as the kernel allows. What waits in it stays.
[[nodiscard]] Mended mend(const policies::Address& address, int listener,
                          const ListenerState& state);

// Makes a listener that is not shut down as a fresh one is, for its next worker: blocking, without
// timeouts and other options that accepted connections would inherit; with the backlog of `spec`,
// and a unix one with its mode and owner.
[[nodiscard]] Result<void> make_as_new(const ListenSpec& spec, int listener);

} // namespace recycler::worker
