// The circumstances of an end in words: rows of the proof, and what the worker had run out of.
// Decides no verdict.
#pragma once

#include "recycler/death/evidence.hpp"
#include "recycler/death/explain.hpp"
#include "recycler/death/hints.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::death {

// "0.20s 57 MiB/0, 10min 80 MiB/1200": age, bloat, requests.
std::string life_in_words(const Circumstances& circumstances);

void list_circumstances(const Circumstances& circumstances, std::vector<Fact>& facts);

// What a worker that ended by itself may have ended of, because the kernel refused it more: threads
// and processes, or open files. nullopt: neither is known to have run out. `said` begins with a
// space.
std::optional<Advice> hint_for_exhaustion(const Circumstances& circumstances);

} // namespace recycler::death
