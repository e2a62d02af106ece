// SPDX-License-Identifier: MIT
// What `recyclerd` was asked to do. The keeper hands its arguments on unread; they are understood
// here.
#pragma once

#include <string>
#include <variant>

namespace recycler::controller {

enum class Task { run, dry_run, check };

struct Arguments {
    Task task = Task::run;
    std::string policy_path; // /etc/recycler/APP.toml, or the file that was named
    std::string program;     // of the controller, as the keeper found it installed
    std::string stem;        // the app's name unless the file says otherwise
};

// Nothing to do but to leave with `code`: help and version were printed (0), or the usage was wrong
// (EX_USAGE, 64, see sysexits.h) and has been explained on stderr.
struct LeaveWith {
    int code = 0;
};

std::variant<Arguments, LeaveWith> parse_arguments(int count, char** words);

} // namespace recycler::controller
