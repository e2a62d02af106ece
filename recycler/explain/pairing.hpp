// SPDX-License-Identifier: MIT
// What neighbouring lines tell of each other. lighttpd says in one line that a connection ended and
// in the next for which request; Apache names the address only in the first line of a thread's
// failure. Holds one line back, and of each thread the last address.
#pragma once

#include "recycler/explain/read_line.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace recycler::explain {

class Pairing {
  public:
    using Next = std::function<void(const ReadLine&)>;
    explicit Pairing(Next next) : next_(std::move(next)) {}

    // Hands lines on in their order, each once; texts are valid during the call only.
    void take(ReadLine line);
    void finish();

  private:
    void add_address(Entry& entry);
    void release(const Entry* following);

    struct Named {
        std::uint64_t thread = 0;
        WallTime at;
        std::string address;
    };
    Next next_;
    // A thread whose place is taken by another has no address: the join does without.
    std::array<Named, 64> threads_;
    std::optional<HeldLine> held_;
};

} // namespace recycler::explain
