// From arguments to a running controller: reads the policy, takes the lock, opens what must be
// open, or finds it with the keeper. What cannot be had is said with what to do about it, and the
// exit code of recyclerd(8).
#pragma once

#include "recycler/controller/arguments.hpp"
#include "recycler/controller/controller.hpp"

namespace recycler::controller {

// Why there is nothing to run, for a person; `code` of sysexits.h: EX_CONFIG (78) or EX_OSERR (71).
struct CannotStart {
    int code = 0;
    std::string reason;
};

// Validates the policy and prints every fault: 0, or EX_CONFIG.
int check_policy(const Arguments& arguments);

struct Started {
    Parts parts;
    UniqueFd control_socket;
    std::vector<keeper::HeldWorker> held;
    bool adopts = false; // the keeper held the ledger of a controller before
};

std::variant<Started, CannotStart> start_up(const Arguments& arguments, keeper::Link link,
                                            WallTime now);

} // namespace recycler::controller
