// SPDX-License-Identifier: MIT
// Amounts of memory in words, base 1024. They differ in what their reader does with them, and what
// each prints for a number never changes.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <string>

namespace recycler::text {

// "57.3 MiB", "4 GiB", "512 B": as a policy may say it. At most one decimal; policies::parse_size()
// reads it back to within that.
std::string size_text(Bytes size);

// The same as far as a machine has memory. In death records, which outlive the program: they round
// as printf does (1280 bytes are "1.2 KiB") and know no unit beyond TiB, and so they stay.
std::string recorded_size(Bytes size);

// "196M", "1.5G", "812K": at most four characters, for the columns of a table.
std::string short_size(Bytes size);

// "212 KiB", "9.5 KiB", "-40 bytes": a growth, which may be a shrinking. Two digits at least and
// three at most, because more would be noise in what is measured.
std::string growth_text(std::int64_t bytes);

} // namespace recycler::text
