// SPDX-License-Identifier: MIT
// Who holds a listener that is handed on from one worker to the next (holders.cpp). Plain values.
#pragma once

#include "recycler/base/ids.hpp"

#include <string>

namespace recycler::slots {

// An order: does anybody hold the listener who is none of ours? The look takes its time.
struct LookHolders {
    ListenerId listener;
};

// Its answer: who holds it besides its workers and ourselves, in words for people: "python3 (pid
// 5544, uid 33)"; empty: nobody, as far as could be seen in the time that a look has.
struct HoldersSeen {
    ListenerId listener;
    std::string outsider{};
};

} // namespace recycler::slots
