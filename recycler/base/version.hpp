// SPDX-License-Identifier: MIT
// Which version of Recycler this is. A function, so that another number compiles one file again and
// not all of them.
#pragma once

#include <string_view>

namespace recycler {

// As CMakeLists.txt and debian/changelog have it: "0.1.0". Shorter than the protocols' fields for
// it (32 bytes).
[[nodiscard]] std::string_view version();

} // namespace recycler
