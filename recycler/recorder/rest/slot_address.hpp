// SPDX-License-Identifier: MIT
// Whose slot a connection belongs to. Must not know what rests.
#pragma once

#include <cstdint>

namespace recycler::recorder {

// 0 if the client has connected to what the listener is bound to (a listener that is bound to the
// wildcard has each host), or if the names cannot be read; else the slot_word() of the
// slot that it has connected to.
[[nodiscard]] std::uint32_t foreign_slot(int connection, int listener);

} // namespace recycler::recorder
