// SPDX-License-Identifier: MIT
// A configuration with what the variables in it stand for, as far as lines before them in the text
// say: "${name}" is replaced by its value, and stays if that is not known. Which lines assign is
// the balancer's business.
#pragma once

#include "recycler/lint/syntax.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::lint {

struct Assignment {
    std::string name;
    std::string value;
};

struct Assigning {
    std::optional<Assignment> (*assignment)(const Directive&);
    std::string (*plain_name)(
        std::string_view); // of a variable: names that are equal mean the same
};

std::vector<Tree> with_values(const std::vector<Tree>& trees, const Assigning& assigning);

} // namespace recycler::lint
