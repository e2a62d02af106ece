// SPDX-License-Identifier: MIT
// What to do about what the system said of a listener or a descriptor.
#pragma once

#include "recycler/base/result.hpp"

#include <string>

namespace recycler::controller {

// "link /run/x.sock.2 to /run/x.sock.2~: No space left on device (make room ...)". As it is where
// nothing can be advised.
[[nodiscard]] std::string with_remedy(const Error& error);

} // namespace recycler::controller
