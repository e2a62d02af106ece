// SPDX-License-Identifier: MIT
// A command line as the shell hands it over.
#pragma once

#include "recycler/ctl/arguments.hpp"

#include <variant>
#include <vector>

namespace recycler::ctl {

inline std::variant<Invocation, Told> parsed(std::vector<const char*> words) {
    words.insert(words.begin(), "recyclerctl");
    return parse_arguments(static_cast<int>(words.size()), words.data());
}

} // namespace recycler::ctl
