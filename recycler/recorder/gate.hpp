// SPDX-License-Identifier: MIT
// What the recorder answers to the calls that it stands in front of.
#pragma once

#include <cstdint>

namespace recycler::recorder {

// What accept() shall do.
enum class Gate {
    unrecorded,  // as if the recorder were not there
    open,        // go on, and call leave_accept()
    interrupted, // a signal handler ran on the way: return EINTR, as accept() would
    busy,        // the event loop must go on with its turn: return EAGAIN, as accept() would
};

// What a thread has waited for.
struct Come {
    enum class What : std::uint8_t {
        listener,   // accept() returns at once; Process::end_turn() and leave_accept() follow it
        connection, // `fd` has come back, and is open
        error,      // errno
    };
    What what;
    int fd;
};

// How a thread without a slot has waited for one.
enum class SlotWait : std::uint8_t {
    taken,       // the listener is that of a slot now
    in_vain,     // the time is over
    interrupted, // errno, as of accept()
};

// What close() shall do.
enum class Closing : std::uint8_t {
    as_asked,
    rests,    // succeed, and end nothing
    not_open, // fail with EBADF
};

} // namespace recycler::recorder
