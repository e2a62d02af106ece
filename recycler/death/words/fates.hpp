// SPDX-License-Identifier: MIT
// What became of the requests that an end concerned, in words: for those that the sentence of the
// verdict does not name. Each begins with a space, and is empty where there is nothing to say.
#pragma once

#include "recycler/death/evidence.hpp"

#include <string>

namespace recycler::death {

// The request that the sentence of its verdict is about: of one that hung the oldest, else the
// oldest that was cut off. Null: none is known.
const Concerned* named_request(const Evidence& evidence);
// " That request was cut off."
std::string fate_of_named(const Evidence& evidence);
// " Cut off with it: GET /a. It answered GET /b after it was told to end."
std::string fates_of_others(const Evidence& evidence);
// The requests with that fate.
std::uint64_t count_of(const Evidence& evidence, Fate fate);
// "GET /a for 4.2s: answered-late; GET /b: cut-off", for the proof.
std::string requests_in_words(const std::vector<Concerned>& requests);

} // namespace recycler::death
