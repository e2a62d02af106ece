// SPDX-License-Identifier: MIT
// A field of a page that somebody else may be writing. Pure.
#pragma once

namespace recycler::request {

// Also keeps the loads in the order of the code, which the readers' comparisons rest on.
template <typename T>
T load(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
}

} // namespace recycler::request
