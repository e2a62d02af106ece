// SPDX-License-Identifier: MIT
// What one line of a balancer's log says, whichever balancer wrote it. The texts point into the
// line and live as long as it does. Knows nothing of workers: that is history.hpp.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace recycler::explain {

enum class Said {
    died,         // a connection ended before there was an answer
    refused,      // nobody listens there, or a gate is closed
    timed_out,    // no answer in the time that the balancer waits
    cut_short,    // the same, or it began in time and did not go on: the line does not say
    all_down,     // no backend is left to ask
    taken_out,    // the balancer leaves a backend alone for a while, because of lines before
    put_back,     // and asks it again
    bad_answer,   // what came is no FastCGI, or no header of an answer
    worker_said,  // a worker wrote to its stderr, or PHP to its log
    client_left,  // whoever asked hung up, or sent what cannot be understood
    unfinished,   // the answer had begun; then nothing moved for as long as the balancer waits
    marked_down,  // the balancer ended it because it holds the backend for down
    check_failed, // of the backend's health: it may be taken out next
    unresolved,   // a name, before any backend is asked
    balancer,     // starts, stops, TLS, files, answers without a fault: nothing about a backend
};
inline constexpr std::size_t k_said_count = 15;

// What the system said when the balancer connected, read or wrote, by errno.
enum class Fault {
    none,          // the line does not say
    refused,       // ECONNREFUSED
    not_permitted, // EACCES, EPERM
    no_local_port, // EADDRNOTAVAIL, EADDRINUSE: the balancer's own end of the connection
    unreachable,   // EHOSTUNREACH, ENETUNREACH and the like
    timed_out,     // ETIMEDOUT
    reset,         // ECONNRESET, or an end too early
    no_file,       // ENOENT: a socket's file
    queue_full,    // EAGAIN of a unix socket
    broken_pipe,   // EPIPE
    no_resource,   // EMFILE, ENFILE, ENOMEM, ENOBUFS: the balancer's
    other,
};
// Which of the two was waited for when an answer that had begun did not go on.
enum class Side { unknown, client, worker };

// Of a line that has none, nor has what stands in front of it.
inline constexpr WallTime k_no_time{};

struct Entry {
    WallTime at;     // the earliest that it can have happened
    Duration span{}; // and this is how much later it may have been
    Said said = Said::balancer;
    std::string_view address{}; // "127.0.0.1:7012", or a path; empty: the line names none
    std::string_view server{};  // HAProxy's name for it: "shop/w0"
    std::string_view method{};
    std::string_view uri{};
    std::uint64_t thread = 0; // lines of one thread belong together; 0: not said
    // How many attempts at a backend it counts: one may take three lines.
    std::uint32_t attempts = 0;
    Fault fault = Fault::none;
    bool connecting = false;              // it says that there was no connection yet
    bool awaiting = false;                // whoever left had been sent nothing of the answer yet
    Side waited_for = Side::unknown;      // of an unfinished answer, or one that may be
    std::optional<std::uint64_t> bytes{}; // of that answer that had been sent to the client
    std::optional<Duration> waited{};     // and how long nothing moved
};

constexpr bool has_time(const Entry& entry) {
    return entry.at != k_no_time;
}
// Whether it is about a FastCGI backend in trouble.
constexpr bool speaks_of_backend(Said said) {
    return said != Said::balancer && said != Said::client_left && said != Said::worker_said &&
           said != Said::unresolved;
}
// "connection refused": for a table.
constexpr std::string_view in_words(Said said) {
    switch (said) {
    case Said::died:
        return "ended without an answer";
    case Said::refused:
        return "connection refused";
    case Said::timed_out:
        return "no answer in time";
    case Said::cut_short:
        return "no answer in time, or no more of it";
    case Said::all_down:
        return "no backend left";
    case Said::taken_out:
        return "backend taken out";
    case Said::put_back:
        return "backend put back";
    case Said::bad_answer:
        return "not understood";
    case Said::worker_said:
        return "said by a worker";
    case Said::client_left:
        return "the client's doing";
    case Said::unfinished:
        return "its answer had begun, and then stopped";
    case Said::marked_down:
        return "cut off by the balancer, for which the backend was down";
    case Said::check_failed:
        return "its health check failed";
    case Said::unresolved:
        return "a name was not resolved";
    case Said::balancer:
        break;
    }
    return "the balancer itself";
}

} // namespace recycler::explain
