// SPDX-License-Identifier: MIT
#include "recycler/explain/same_app.hpp"

#include "recycler/base/text/characters.hpp"

#include <algorithm>
#include <string_view>

namespace recycler::explain {

namespace {

std::string_view before_rotation(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    const bool rotated = dot != std::string_view::npos && text::is_all_digits(path.substr(dot + 1));
    return rotated ? path.substr(0, dot) : path;
}

bool share_a_slot(const EventsFile& one, const EventsFile& other) {
    bool shared = false;
    for (const auto& [slot, address] : one.slots) {
        const auto same = other.slots.find(slot);
        if (same == other.slots.end()) {
            continue;
        }
        if (!address.empty() && !same->second.empty() && address != same->second) {
            return false;
        }
        shared = true;
    }
    return shared;
}

bool are_of_one_app(const EventsFile& one, const EventsFile& other) {
    return before_rotation(one.path) == before_rotation(other.path) ||
           std::ranges::any_of(one.runs,
                               [&](const std::string& run) { return other.runs.contains(run); }) ||
           share_a_slot(one, other);
}

} // namespace

std::vector<std::size_t> first_of_same_app(const std::vector<EventsFile>& files) {
    std::vector<std::size_t> first(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        first[i] = i;
        for (std::size_t before = 0; before < i; ++before) {
            if (first[before] != first[i] && are_of_one_app(files[before], files[i])) {
                // This file may join two groups.
                const std::size_t keep = std::min(first[before], first[i]);
                const std::size_t drop = std::max(first[before], first[i]);
                std::ranges::replace(first, drop, keep);
            }
        }
    }
    return first;
}

} // namespace recycler::explain
