// SPDX-License-Identifier: MIT
// The circumstances of an end in words: rows of the proof, and what the worker had run out of.
// Decides no verdict.
#pragma once

#include "recycler/death/evidence.hpp"
#include "recycler/death/explain.hpp"
#include "recycler/death/words/hints.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::death {

// "0.20s 57 MiB/0, 10min 80 MiB/1200": age, bloat, requests.
std::string life_in_words(const Circumstances& circumstances);

void list_circumstances(const Circumstances& circumstances, std::vector<Fact>& facts);

// " It had grown by 96 MiB during that request, from 32 MiB."; empty: it had not, or nobody knows.
std::string request_growth_in_words(const Circumstances& circumstances);

// What a worker that ended by itself may have ended of, because the kernel refused it more:
// connections, threads and processes, open files, address space, processor time. nullopt: none of
// them is known to have run out. `said` begins with a space.
std::optional<Advice> hint_for_exhaustion(const Circumstances& circumstances);

} // namespace recycler::death
