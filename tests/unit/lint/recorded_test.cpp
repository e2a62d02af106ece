// SPDX-License-Identifier: MIT
// The configurations in tests/recorded/lint, which the balancers accept: for each rule one with the
// fault and one without it, and kinds of configurations as they are published.
#include "linting.hpp"

#include "policies/parse.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace recycler::lint;
namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

const fs::path k_recorded_lint = RECYCLER_SOURCE_DIR "/tests/recorded/lint";

std::string content(const fs::path& path) {
    std::ifstream file(path);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::optional<policies::Policy> policy_beside(const fs::path& file) {
    const fs::path path = file.parent_path() / "policy.toml";
    if (!fs::exists(path)) {
        return std::nullopt;
    }
    auto parsed = policies::parse(content(path), "shop", {});
    REQUIRE(std::holds_alternative<policies::Policy>(parsed));
    return std::get<policies::Policy>(std::move(parsed));
}

// The names of the rules that are found.
Names rules_in(const fs::path& file, std::optional<Kind> kind) {
    const Report report = lint(
        {{{file.filename().string(), content(file), file.string()}}, kind, policy_beside(file)});
    CHECK(report.unread.empty());
    CHECK(report.unclear.empty());
    Names result;
    for (const Finding& each : report.findings) {
        result.emplace(text_of(each.rule).name);
    }
    return result;
}

std::string listed(const Names& names) {
    std::string result;
    for (const std::string& each : names) {
        result += each + "\n";
    }
    return result;
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> result;
    for (const auto& each : fs::directory_iterator(folder)) {
        result.push_back(each.path());
    }
    std::sort(result.begin(), result.end());
    return result;
}

// On unix sockets kept connections lose requests, and are persistent connections all the same. Of
// two members that are one, one is left.
Names with_companions(const std::string& rule, const std::string& balancer) {
    if (rule == "persistent-unix") {
        return {rule, balancer + "-persistent"};
    }
    return rule == "apache-shared-member" ? Names{rule, "one-backend"} : Names{rule};
}

} // namespace

TEST_CASE("each rule finds its fault in a whole configuration, and nothing in one without it") {
    Names seen;
    for (const fs::path& folder : files_in(k_recorded_lint / "rules")) {
        const std::string rule = folder.filename().string();
        std::size_t bad = 0;
        std::size_t good = 0;
        for (const fs::path& file : files_in(folder)) {
            const std::string balancer = file.extension().string().substr(1);
            if (balancer == "toml") {
                continue;
            }
            CAPTURE(file.string());
            const bool is_bad = file.filename().string().starts_with("bad");
            CHECK(listed(rules_in(file, kind_named(balancer))) ==
                  listed(is_bad ? with_companions(rule, balancer) : Names{}));
            ++(is_bad ? bad : good);
        }
        CAPTURE(rule);
        CHECK(bad > 0);
        CHECK(good == bad);
        seen.insert(rule);
    }
    for (auto rule = Rule{}; rule <= Rule::not_followed;
         rule = static_cast<Rule>(static_cast<int>(rule) + 1)) {
        CAPTURE(text_of(rule).name);
        CHECK(seen.contains(std::string(text_of(rule).name)));
    }
}

TEST_CASE("in configurations as they are published lint finds what is wrong, and nothing else") {
    for (const fs::path& folder : files_in(k_recorded_lint / "published")) {
        const auto kind = kind_named(folder.filename().string());
        REQUIRE(kind);
        std::size_t count = 0;
        for (const fs::path& file : files_in(folder)) {
            if (file.extension() != ".conf") {
                continue;
            }
            CAPTURE(file.string());
            fs::path expected = file;
            expected.replace_extension(".expected");
            CHECK(listed(rules_in(file, std::nullopt)) == content(expected));
            CHECK(recognise(content(file)) == kind);
            ++count;
        }
        CHECK(count >= 30);
    }
}
