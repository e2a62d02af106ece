// SPDX-License-Identifier: MIT
// Why there is another controller than before: the one before ended, or it made room for another
// program, or for a reload that needs a fresh one.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/controller/start/inheritance.hpp"

namespace recycler::controller {

struct Arrival {
    std::optional<control::EventLine> told{}; // none: the reload itself tells it
    std::optional<ProgramFile> unfit{};       // it was to be replaced by that, which did not work
    bool came_to_reload = false;              // there was to be room for that
    std::string came_from{};                  // the version that made room for this program
    // A reload that was asked for by a signal is carried out unasked: nobody asks again.
    bool reloads = false;
};

// Drops the notes that the controller before has left.
[[nodiscard]] Arrival arrive(keeper::Link& link, const Inheritance& inheritance, WallTime now);

} // namespace recycler::controller
