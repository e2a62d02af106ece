// SPDX-License-Identifier: MIT
// A description that forgets a member does not compile.
#include "recycler/control/contract/described.hpp"

#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <vector>

using namespace recycler::control;

namespace {

struct Three {
    std::string name;
    std::optional<int> count;
    std::vector<std::string> words;
};
struct Nothing {};

constexpr Member k_name{"name", &Three::name};
constexpr Member k_count{"count", &Three::count};
constexpr Member k_words{"words", &Three::words};

static_assert(tells_all<Three>(list(k_name, k_count, k_words)));
static_assert(!tells_all<Three>(list(k_name, k_count)), "the last one is forgotten");
static_assert(!tells_all<Three>(list(k_count, k_words)), "the first one is forgotten");
static_assert(!tells_all<Three>(list(k_name, k_words)), "one between is forgotten");
static_assert(!tells_all<Three>(list(k_count, k_name, k_words)), "in another order");
static_assert(tells_all<Nothing>(list()));

} // namespace

TEST_CASE("a list of members knows their names") {
    constexpr auto k_list =
        list(k_name, Member{"many", &Three::words, Bounded{}, Presence::if_set});
    CHECK(k_list.has("many"));
    CHECK_FALSE(k_list.has("words"));
    CHECK(k_list.has(Presence::if_set));
    CHECK_FALSE(k_list.has(Presence::may_lack));
    CHECK_FALSE(list().has("many"));
}
