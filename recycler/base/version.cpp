// SPDX-License-Identifier: MIT
#include "recycler/base/version.hpp"

namespace recycler {

std::string_view version() {
    static_assert(std::string_view{RECYCLER_VERSION}.size() < 32);
    return RECYCLER_VERSION;
}

} // namespace recycler
