// SPDX-License-Identifier: MIT
// What a cause means for the people who can mend it, and what they can do: one paragraph below the
// table. Most causes say all by their name.
#pragma once

#include "recycler/explain/cause.hpp"

#include <string>

namespace recycler::explain {

// What the lines of a cause were about.
struct About {
    bool ports = false;       // addresses with a port
    bool sockets = false;     // files
    bool unfinished = false;  // answers that stopped in the middle
    bool marked_down = false; // requests that the balancer cut off
    bool closed = false;      // connections that ended without an answer
    bool unsaid = false;      // connections that failed, and the line does not say why
};

// Both empty: there is nothing to add.
struct Advice {
    std::string sentence;
    std::string next_step;
};
Advice advice_on(Cause cause, const About& about);

} // namespace recycler::explain
