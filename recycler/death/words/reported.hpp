// SPDX-License-Identifier: MIT
// What a program reported about its own end, in words. It is quoted as the program's own word, and
// never as a fact of the kernel.
#pragma once

#include "recycler/death/evidence.hpp"
#include "recycler/death/explain.hpp"

#include <string>
#include <vector>

namespace recycler::death {

// " It reported: "-e:1: [BUG] Segmentation fault at 0x8" (in app.rb:3:in `basket').", and which
// signal it says it has caught; empty: it reported nothing.
std::string reported_in_words(const Evidence& evidence);

void list_report(const Evidence& evidence, std::vector<Fact>& facts);

} // namespace recycler::death
