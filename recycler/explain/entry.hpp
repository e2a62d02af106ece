// SPDX-License-Identifier: MIT
// What one line of a balancer's log says, whichever balancer wrote it. The texts point into the
// line and live as long as it does. Knows nothing of workers: that is history.hpp.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <string_view>

namespace recycler::explain {

enum class Said {
    died,        // a connection ended before there was an answer
    refused,     // nobody listens there, or a gate is closed
    timed_out,   // no answer in the time that the balancer waits
    all_down,    // no backend is left to ask
    taken_out,   // the balancer leaves a backend alone for a while, because of lines before
    put_back,    // and asks it again
    bad_answer,  // what came is no FastCGI, or no header of an answer
    worker_said, // a worker wrote to its stderr, or PHP to its log
    client_left, // whoever asked hung up, or sent what cannot be understood
    balancer,    // starts, stops, TLS, files, answers without a fault: nothing about a backend
};
inline constexpr std::size_t k_said_count = 10;

struct Entry {
    WallTime at;     // the earliest that it can have happened
    Duration span{}; // and this is how much later it may have been
    Said said = Said::balancer;
    std::string_view address{}; // "127.0.0.1:7012", or a path; empty: the line names none
    std::string_view server{};  // HAProxy's name for it: "shop/w0"
    std::string_view method{};
    std::string_view uri{};
    std::uint64_t thread = 0; // lines of one thread belong together; 0: not said
    std::uint32_t attempts =
        0; // how many attempts at a backend it counts: one may take three lines
};

// Whether it is about a FastCGI backend in trouble.
constexpr bool speaks_of_backend(Said said) {
    return said != Said::balancer && said != Said::client_left && said != Said::worker_said;
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
    case Said::balancer:
        break;
    }
    return "the balancer itself";
}

} // namespace recycler::explain
