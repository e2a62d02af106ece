// SPDX-License-Identifier: MIT
#include "policies/keys.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace policies;

namespace {

constexpr const char* k_manual = RECYCLER_SOURCE_DIR "/man/recycler.toml.5";

// The keys that recycler.toml(5) describes: each is an item ".It Ic key ..." below the heading ".Ss
// [section]".
std::vector<std::string> described() {
    std::ifstream file(k_manual);
    REQUIRE(file);
    std::vector<std::string> names;
    std::string section;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string macro, first, second;
        words >> macro >> first >> second;
        if (macro == ".Ss" && first.starts_with('[')) {
            section = first.substr(1, first.find(']') - 1);
        } else if (macro == ".It" && first == "Ic") {
            names.push_back(section + "." + second);
        }
    }
    return names;
}

} // namespace

TEST_CASE("the manual describes every key, in the order of the table, and no other") {
    std::vector<std::string> known;
    for (const Key& key : keys()) {
        known.emplace_back(key.name);
    }
    CHECK(described() == known);
}
