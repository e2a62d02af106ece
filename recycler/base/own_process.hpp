// SPDX-License-Identifier: MIT
// This process in /proc, by its number. Not by /proc/self, which is a symbolic link: a confined
// controller follows no link of /proc but those of its own folder (recycler/confine/view.hpp).
#pragma once

#include <string>
#include <string_view>
#include <unistd.h>

namespace recycler {

// "/proc/4711/fdinfo" for "fdinfo".
[[nodiscard]] inline std::string own_process(std::string_view what) {
    return "/proc/" + std::to_string(::getpid()) + "/" + std::string(what);
}

} // namespace recycler
