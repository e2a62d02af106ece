// SPDX-License-Identifier: MIT
// The program recycler-controller but its main(): from the words of its command line to the end of
// its loop.
#pragma once

#include <functional>

namespace recycler::controller {

// Its exit status. `once_running`, for tests: is called when it has started, and has given up all
// that it does not need.
[[nodiscard]] int run_controller(int count, char** words,
                                 const std::function<void()>& once_running = {});

} // namespace recycler::controller
