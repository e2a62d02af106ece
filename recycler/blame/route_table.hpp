// SPDX-License-Identifier: MIT
// A bounded number of routes, found by method and pattern: whatever the URIs, it never takes more
// than k_most_bytes. When it is full the route of the lowest rank makes room, and the new one
// inherits that rank, so that each route that causes more than 1/1024 of all cost has its place
// ("space saving", Metwally, Agrawal and El Abbadi, 2005).
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/blame/ages.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace recycler::blame {

inline constexpr std::size_t k_most_routes = 1024;
inline constexpr std::size_t k_most_bytes = std::size_t{1} << 20;

// At most so many characters; what is longer is cut.
template <std::size_t Size>
class ShortText {
  public:
    ShortText() = default;
    explicit ShortText(std::string_view text) : length_(text.copy(text_.data(), Size)) {}
    [[nodiscard]] std::string_view view() const { return {text_.data(), length_}; }
    bool operator==(const ShortText& other) const { return view() == other.view(); }

  private:
    std::array<char, Size> text_{};
    std::size_t length_ = 0;
};
using Method = ShortText<16>;
using Pattern = ShortText<112>;

struct Route {
    Method method;
    Pattern pattern;
    double requests = 0;         // estimated
    Ages growth;                 // from the begin of a request to its end
    Ages lasting;                // see course.hpp
    std::uint32_t processes = 0; // that it came to
    std::int64_t worst = 0;      // bytes
    Pattern worst_uri;
    double seconds = 0; // of all of them, estimated
    Duration slowest{0};
    Pattern slowest_uri;
    std::uint64_t hung = 0;

    [[nodiscard]] double grown() const { return growth.late().growth.mean() * requests; }
};

class RouteTable {
  public:
    struct Place {
        Route& route;
        std::uint32_t hash;
        std::optional<Route> evicted; // had to make room
    };
    // Its place, with a rank that is higher by `cost`. Valid until the next call.
    Place find(const Method& method, const Pattern& pattern, std::uint64_t cost);

    // nullptr: it has none any more.
    Route* find(std::uint32_t hash);

    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }
    // What it takes, apart from itself.
    [[nodiscard]] std::size_t bytes() const;

  private:
    std::size_t of_lowest_rank();

    // Side by side: a look at all hashes, or all ranks, is a short walk.
    std::vector<Route> routes_;
    std::vector<std::uint32_t> hashes_;
    std::vector<std::uint64_t> ranks_;
    // Ranks never fall, so the places of the lowest are behind each other.
    std::uint64_t lowest_ = 0;
    std::size_t hand_ = 0; // no rank before it is the lowest
};

} // namespace recycler::blame
