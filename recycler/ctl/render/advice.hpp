// SPDX-License-Identifier: MIT
// What to do about an end, from what other workers of the app did: whether the limit is too small
// for all of them or one request is too large, whether it has happened before, where the core dump
// is. It adds to the record's own next step. Pure.
#pragma once

#include "recycler/control/model/record.hpp"

#include <string>
#include <vector>

namespace recycler::ctl {

struct History {
    std::vector<control::Record> ends;       // of the whole app, newest first
    std::vector<control::Record> unexpected; // of a day or whatever span, likewise
};

// Sentences, each for itself; none: the history says nothing more. Texts of a worker in them are
// printable.
std::vector<std::string> advice_for(const control::Record& record, const History& history);

} // namespace recycler::ctl
