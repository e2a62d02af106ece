// SPDX-License-Identifier: MIT
// Whether each row of the table is all there: the compiler has checked that each trigger has one
// and that its rule is complete; this is about what others read.
#include "recycler/triggers/table.hpp"

#include "policies/keys.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace recycler;
using namespace recycler::triggers;

namespace {

std::string text_of(const std::string& path) {
    const std::ifstream in(RECYCLER_SOURCE_DIR "/" + path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// Whether a manual has an item of that macro and name.
bool lists(const std::string& manual, const std::string& macro, std::string_view name) {
    return manual.find("\n.It " + macro + " " + std::string(name) + "\n") != std::string::npos ||
           manual.find("\n.It " + macro + " " + std::string(name) + " ") != std::string::npos;
}

} // namespace

TEST_CASE("each trigger has a name of its own, and a number that the ledger can count") {
    std::set<std::string_view> names;
    for (const Row& row : k_table) {
        const std::string_view name = to_string(row.trigger);
        CAPTURE(name);
        CHECK_FALSE(name.empty());
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
        CHECK(names.insert(name).second);
        CHECK(static_cast<std::size_t>(row.trigger) < k_most_triggers);
    }
}

TEST_CASE("each trigger stands in recycler-deaths(7)") {
    const std::string manual = text_of("man/recycler-deaths.7");
    for (const Row& row : k_table) {
        CAPTURE(to_string(row.trigger));
        CHECK(lists(manual, "Cm", to_string(row.trigger)));
    }
}

TEST_CASE("each rule has its key in the policy, called like the trigger, and in recycler.toml(5)") {
    const std::string manual = text_of("man/recycler.toml.5");
    std::set<std::string_view> keys;
    for (const policies::Key& key : policies::keys()) {
        keys.insert(key.name);
    }
    for (const Row& row : k_table) {
        if (row.rule) {
            CAPTURE(row.rule->key);
            CHECK(keys.contains(row.rule->key));
            std::string name(to_string(row.trigger));
            std::ranges::replace(name, '-', '_');
            CHECK(row.rule->key == "recycle." + name);
            CHECK(lists(manual, "Ic", name));
        }
    }
}

TEST_CASE("a trigger that no sample shows is found by none") {
    for (const Row& row : k_table) {
        const bool is_told = row.trigger == Trigger::operator_ || row.trigger == Trigger::policy ||
                             row.trigger == Trigger::listener;
        CHECK(row.rule.has_value() != is_told);
    }
}

// What decides which of two comes first.
TEST_CASE("what may pass by itself gives way to what was measured, asked and demanded") {
    constexpr std::array in_order{std::pair{Trigger::hung, 0},      std::pair{Trigger::stuck, 0},
                                  std::pair{Trigger::memory, 1},    std::pair{Trigger::requests, 1},
                                  std::pair{Trigger::age, 1},       std::pair{Trigger::listener, 1},
                                  std::pair{Trigger::operator_, 2}, std::pair{Trigger::policy, 3}};
    for (const auto& [trigger, place] : in_order) {
        CHECK(static_cast<int>(reason_of(trigger)) == place);
    }
    CHECK(reason_of(static_cast<Trigger>(31)) == Reason::demanded); // of a later version
}
