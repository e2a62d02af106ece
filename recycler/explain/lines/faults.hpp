// SPDX-License-Identifier: MIT
// Errors of the operating system as balancers write them: a number, words, or both. Numbers are
// Linux's, which the words of another system overrule.
#pragma once

#include "recycler/explain/entry.hpp"

#include <optional>
#include <string_view>

namespace recycler::explain {

// `words`: what strerror() says begins it, in glibc, musl or the BSDs, whatever follows.
Fault fault_of(std::optional<int> number, std::string_view words);

// The first of such words within a text.
Fault fault_in(std::string_view text);

} // namespace recycler::explain
