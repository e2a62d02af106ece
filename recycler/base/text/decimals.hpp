// SPDX-License-Identifier: MIT
// Numbers with a fraction.
#pragma once

#include <string>

namespace recycler::text {

// "57.30" with two decimals, as printf rounds: to the nearest, and to the even digit where the
// value stands exactly between two.
std::string fixed(double value, int decimals);

// "57.3" and "256", never "256.0", rounded by printf.
std::string one_decimal(double value);

// The same, but what stands exactly between two is rounded away from 0, as people round: 1280 bytes
// are 1.3 KiB. `value` is not negative.
std::string one_decimal_up(double value);

} // namespace recycler::text
