// SPDX-License-Identifier: MIT
// The worker's end of the recorder page: finds and maps it.
#pragma once

#include "recycler/request/page_layout.hpp"

namespace recycler::recorder {

// The descriptor that RECYCLER_PAGE says. -1: it says none.
[[nodiscard]] int page_number(const char* number);

// Null where that is no page: the descriptor may have been closed, and its number given to
// anything.
[[nodiscard]] request::Page* map_page(int fd);

} // namespace recycler::recorder
