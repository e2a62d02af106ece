// SPDX-License-Identifier: MIT
// How death records write numbers, names and text that came from a worker. One style for sentences
// and evidence.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace recycler::death {

// "512 B", "57.3 MiB", "256 MiB".
std::string in_words(Bytes amount);
// "0.35s", "12.3s", "6min 1s", "2h 13min", "3d 4h": the two largest units.
std::string in_words(Duration span);
// "1 request", "5000 requests".
std::string requests_in_words(std::uint64_t count);
// "SIGSEGV"; "signal 34" where there is no name.
std::string signal_name(int signal);
// "ENOENT (No such file or directory)"; "error 0" where there is no name.
std::string errno_name(int error);
// Printable ASCII only: the rest as \xNN, a backslash as two; at most `longest` bytes of `text`,
// then "...".
std::string printable(std::string_view text, std::size_t longest);

} // namespace recycler::death
