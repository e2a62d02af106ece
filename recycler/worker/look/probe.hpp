// SPDX-License-Identifier: MIT
// Asks a new worker whether it answers FastCGI before anybody else is sent to it (start.ready =
// "probe"). Never waits: whoever wants to know looks again. Knows nothing of what follows.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/request/get_values.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace recycler::worker {

class Probe {
  public:
    // Connects to `listener` and to no other of its address, to send FCGI_GET_VALUES. Unix: by
    // the listener's own file. TCP: the listener is the second member of the shown one's reuseport
    // group, and its steering program is replaced by one that sends this connection there and all
    // others to the first, until the group is steered anew. Errors of socket(2), bind(2),
    // connect(2) and of attaching the program.
    [[nodiscard]] static Result<Probe> begin(int listener);

    enum class Seen {
        waiting,  // for its answer
        answered, // it speaks FastCGI; the connection is closed
        refused,  // it closed the connection, or answered something else
    };
    [[nodiscard]] Seen look();

  private:
    explicit Probe(UniqueFd socket) : socket_(std::move(socket)) {}

    UniqueFd socket_;
    std::array<std::uint8_t, request::k_probe_answer_size> answer_{};
    std::size_t received_ = 0;
    bool asked_ = false;
};

} // namespace recycler::worker
