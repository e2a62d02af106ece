// SPDX-License-Identifier: MIT
#include "recycler/blame/route_table.hpp"

#include "recycler/blame/hash.hpp"

#include <algorithm>
#include <utility>

namespace recycler::blame {

namespace {

static_assert(k_most_routes * (sizeof(Route) + sizeof(std::uint32_t) + sizeof(std::uint64_t)) <=
              k_most_bytes);

// A vector that grows by doubling holds old and new at once: it never grows beyond this.
template <typename T>
void append(std::vector<T>& into, T value) {
    if (into.size() == into.capacity()) {
        into.reserve(std::min(k_most_routes, std::max<std::size_t>(16, into.size() * 2)));
    }
    into.push_back(std::move(value));
}

} // namespace

RouteTable::Place RouteTable::find(const Method& method, const Pattern& pattern,
                                   std::uint64_t cost) {
    const std::uint32_t hash = hash_of(pattern.view(), hash_of(method.view()));
    for (auto at = hashes_.begin(); (at = std::find(at, hashes_.end(), hash)) != hashes_.end();
         ++at) {
        const auto index = static_cast<std::size_t>(at - hashes_.begin());
        Route& route = routes_[index];
        if (route.method == method && route.pattern == pattern) {
            ranks_[index] += cost;
            return {route, hash, std::nullopt};
        }
    }
    const Route fresh{.method = method, .pattern = pattern};
    if (routes_.size() < k_most_routes) {
        append(routes_, fresh);
        append(hashes_, hash);
        append(ranks_, cost);
        return {routes_.back(), hash, std::nullopt};
    }
    const std::size_t index = of_lowest_rank();
    ranks_[index] += cost;
    hashes_[index] = hash;
    return {routes_[index], hash, std::exchange(routes_[index], fresh)};
}

Route* RouteTable::find(std::uint32_t hash) {
    const auto at = std::ranges::find(hashes_, hash);
    return at == hashes_.end() ? nullptr : &routes_[static_cast<std::size_t>(at - hashes_.begin())];
}

// There is one: the table is full.
std::size_t RouteTable::of_lowest_rank() {
    const auto begin = ranks_.begin();
    auto at = std::find(begin + static_cast<std::ptrdiff_t>(hand_), ranks_.end(), lowest_);
    if (at == ranks_.end()) {
        at = std::min_element(begin, ranks_.end());
        lowest_ = *at;
    }
    hand_ = static_cast<std::size_t>(at - begin);
    return hand_;
}

std::size_t RouteTable::bytes() const {
    return routes_.capacity() * sizeof(Route) + hashes_.capacity() * sizeof(std::uint32_t) +
           ranks_.capacity() * sizeof(std::uint64_t);
}

} // namespace recycler::blame
