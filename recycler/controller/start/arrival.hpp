// SPDX-License-Identifier: MIT
// Why there is another controller than before: the one before ended, or it made room for another
// program, or for a reload that needs a fresh one.
#pragma once

#include "recycler/controller/parts.hpp"
#include "recycler/controller/start/inheritance.hpp"

namespace recycler::controller {

// Tells it, and drops the notes that the controller before has left.
void arrive(Parts& parts, const Inheritance& inheritance, WallTime now);

// Whether the reload that was asked for is to be carried out unasked: who asked by a signal does
// not ask again.
[[nodiscard]] bool is_to_reload(const Parts& parts, const Inheritance& inheritance);

} // namespace recycler::controller
