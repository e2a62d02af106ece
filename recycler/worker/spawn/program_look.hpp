// SPDX-License-Identifier: MIT
// What the kernel will execute for a worker's command: its linkage, and whether it gains
// privileges. Reads files; what follows from it says counting.hpp.
#pragma once

#include "recycler/worker/count/counting.hpp"

#include <string>
#include <vector>

namespace recycler::worker {

// `programs`: as in a SpawnPlan; the first that is there counts. Relative ones stand below
// `directory`. What cannot be read is Linkage::unknown.
[[nodiscard]] ProgramFacts look_at_program(const std::vector<std::string>& programs,
                                           const std::string& directory);

// The program that will be executed, and the interpreters that it names. Empty: there is none.
[[nodiscard]] std::vector<std::string> files_of_program(const std::vector<std::string>& programs,
                                                        const std::string& directory);

} // namespace recycler::worker
