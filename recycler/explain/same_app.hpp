// SPDX-License-Identifier: MIT
// Which of several files of events are of one app: two apps' daemons start and stop each by itself.
// A file does not name its app; what it holds tells. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace recycler::explain {

struct EventsFile {
    std::string path;
    std::set<std::string> runs{};               // of daemons, as far as its records name them
    std::map<std::string, std::string> slots{}; // and their addresses; empty: not told
};

// For each file the number of the first one that is of the same app: because one run of a daemon
// wrote to both, because one is the other after it was rotated ("events.jsonl.1"), or because they
// have a slot in common and contradict each other about the address of none.
std::vector<std::size_t> first_of_same_app(const std::vector<EventsFile>& files);

} // namespace recycler::explain
