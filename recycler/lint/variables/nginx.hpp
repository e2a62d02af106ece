// SPDX-License-Identifier: MIT
// What variables in a configuration of nginx may stand for, by its set, map, geo and split_clients.
// What a module or a request makes of a variable is not known.
#pragma once

#include "recycler/lint/syntax.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::lint {

class NginxVariables {
  public:
    explicit NginxVariables(const std::vector<Tree>& trees);

    // Each text that `written` may stand for, at the place of the variable's value if it is nothing
    // but a variable. What is not known stays a "$" in it.
    [[nodiscard]] std::vector<Word> values_of(const Word& written) const;

  private:
    void collect(const Tree& tree);
    struct Expanded {
        std::vector<Word> words;
        std::size_t steps = 0;
    };
    void expand(const Word& written, int depth, Expanded& into) const;

    std::map<std::string, std::vector<Word>, std::less<>> values_; // by name, without "$"
};

} // namespace recycler::lint
