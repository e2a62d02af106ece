// SPDX-License-Identifier: MIT
// What an archive recalls, as it goes through a pipe from the child that read it.
#pragma once

#include "recycler/controller/archive.hpp"

#include <string_view>

namespace recycler::controller {

[[nodiscard]] std::string to_bytes(const Archive::Recalled& recalled);
// `ended`: how many records were asked for.
[[nodiscard]] Archive::Recalled recalled_from(std::string_view bytes, std::size_t ended);

} // namespace recycler::controller
