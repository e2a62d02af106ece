// SPDX-License-Identifier: MIT
// Requests that do the same thing under one name: the path of a URI, without its query, with the
// numbers and ids in it folded to "*", so that /orders/17 and /orders/18 are one route. Any bytes
// are taken, and the result is bounded; it is not escaped.
#pragma once

#include <string>
#include <string_view>

namespace recycler {

// "/orders/17/items?page=2" is "/orders/*/items". Folded is a part of the path of digits alone, of
// eight or more hexadecimal digits with a digit among them (hyphens allowed: a UUID), or of more
// than 40 bytes. After eight parts "/..." stands for the rest. Empty stays empty.
std::string route_of(std::string_view uri);

} // namespace recycler
