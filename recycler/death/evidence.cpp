// SPDX-License-Identifier: MIT
#include "recycler/death/evidence.hpp"

#include <csignal>

namespace recycler::death {

std::optional<WaitStatus> wait_status(int code, int status) {
    switch (code) {
    case CLD_EXITED:
        return Exited{status};
    case CLD_KILLED:
        return Signalled{.signal = status, .core_dumped = false};
    case CLD_DUMPED:
        return Signalled{.signal = status, .core_dumped = true};
    default:
        return std::nullopt; // stopped, trapped, continued: not an end
    }
}

} // namespace recycler::death
