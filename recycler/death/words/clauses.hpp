// SPDX-License-Identifier: MIT
// Clauses that the sentences of all verdicts share: what it was doing, after how much, in the
// middle of which order of ours. Each begins with a space, and is empty where there is nothing to
// say.
#pragma once

#include "recycler/death/evidence.hpp"

#include <string>

namespace recycler::death {

// " while serving GET /cart for 2.1s", " between two requests", " while it was starting", or
// nothing where nobody knows.
std::string doing(const Evidence& evidence);
// " after 12 requests"
std::string after_serving(const Evidence& evidence);
// " (our order at that time: recycle, no signal sent yet, trigger memory)": an end that came in the
// middle of our order, but not from it.
std::string while_ordered(const Evidence& evidence);
// " Its last line on stderr: "out of cheese".": the last one with a word in it. If it reported its
// own end, that report instead.
std::string last_words(const Evidence& evidence);
// " It did not end on SIGTERM, so Recycler killed it."
std::string deaf_words(const Evidence& evidence);
// How a worker that we told to end went, where that is worth a word; without the space.
std::string idle_words(const Evidence& e);

} // namespace recycler::death
