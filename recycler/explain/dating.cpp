// SPDX-License-Identifier: MIT
#include "recycler/explain/dating.hpp"

#include <algorithm>
#include <utility>

namespace recycler::explain {

namespace {

// A log of news alone is as long as it likes: some hundred kilobytes are held at most.
constexpr std::size_t k_most_undated = 1000;

} // namespace

void Dating::take(const ReadLine& line) {
    if (!has_time(line.entry)) {
        held_.emplace_back(line);
        if (held_.size() > k_most_undated) {
            release(k_no_time);
        }
        return;
    }
    release(line.entry.at);
    last_ = line.entry.at;
    next_(line);
}

void Dating::release(WallTime following) {
    for (HeldLine& held : std::exchange(held_, {})) {
        Entry& entry = held.entry;
        if (last_ != k_no_time) {
            entry.at = last_;
            entry.span = std::max(entry.span, following - last_);
        } else if (following != k_no_time) {
            entry.at = following - entry.span;
        }
        next_(held.line());
    }
}

void Dating::finish() {
    release(k_no_time);
    last_ = k_no_time;
}

} // namespace recycler::explain
