// SPDX-License-Identifier: MIT
// Which app a command is for, when it does not say: the one that runs, or the one that has the
// slots it names.
#pragma once

#include "recycler/control/client.hpp"
#include "recycler/control/model/model.hpp"

#include <string>
#include <variant>
#include <vector>

namespace recycler::ctl {

// No app, and what to say about it.
struct NoChoice {
    int exit_code = 0;
    std::string sentence;
};

// The pure part. `running`: the apps with the slots they have, as far as we may know them.
struct RunningApp {
    std::string name;
    std::vector<control::SlotStatus> slots;
};
struct Wanted {
    std::vector<std::string> slots; // each must be the app's: "7012" or an address
    std::string typed;              // the command, for the advice
};
std::variant<std::string, NoChoice> choose_app(const std::vector<RunningApp>& running,
                                               const Wanted& wanted);

// The same, asking the daemons of this machine. `interrupt` as in Client::connect.
std::variant<std::string, NoChoice> find_app(const Wanted& wanted, int interrupt);

} // namespace recycler::ctl
