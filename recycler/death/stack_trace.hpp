// SPDX-License-Identifier: MIT
// The stack of a crashed thread as systemd-coredump writes it into its journal entry: text with a
// part for each thread, the one that crashed first. Any text may come in: programs choose the names
// of their functions. Knows no journal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::death {

// A crash often begins in functions of libc that end the program (abort, raise): the interesting
// one is a few further.
inline constexpr std::size_t k_most_frames = 7;

// Innermost first, "crash (app)"; where the function is not known, "app+0x1234". Printable and
// bounded. Empty: the message tells no stack.
[[nodiscard]] std::vector<std::string> frames_in(std::string_view message);

} // namespace recycler::death
