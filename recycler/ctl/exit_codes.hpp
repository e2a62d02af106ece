// SPDX-License-Identifier: MIT
// The exit codes of recyclerctl: a contract with scripts.
#pragma once

#include "recycler/control/client.hpp"

namespace recycler::ctl {

constexpr int k_exit_done = 0;
constexpr int k_exit_refused = 1; // or failed
constexpr int k_exit_usage = 2;
constexpr int k_exit_no_daemon = 3;
constexpr int k_exit_timed_out = 4;

constexpr int exit_code_for(control::Trouble trouble) {
    switch (trouble) {
    case control::Trouble::no_daemon:
        return k_exit_no_daemon;
    case control::Trouble::timed_out:
        return k_exit_timed_out;
    case control::Trouble::permission:
    case control::Trouble::refused:
    case control::Trouble::interrupted:
    case control::Trouble::broken:
    case control::Trouble::silent:
        return k_exit_refused;
    }
    return k_exit_refused;
}

} // namespace recycler::ctl
