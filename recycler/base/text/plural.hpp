// SPDX-License-Identifier: MIT
// Numbers of things. The plural of `one` is `one` with an s, where no other is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recycler::text {

// "line", "lines"; "process", "processes".
std::string plural(std::uint64_t number, std::string_view one);

// "25,294": for people, who read it on a page.
std::string grouped(std::uint64_t number);
// "1 request", "25,294 requests".
std::string counted(std::uint64_t number, std::string_view one);
// "1 request", "25294 requests": in records and events, whose sentences are kept and searched, and
// are the same in every version.
std::string counted_plain(std::uint64_t number, std::string_view one);

} // namespace recycler::text
