// SPDX-License-Identifier: MIT
#include "recycler/ctl/arguments.hpp"

#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/input/policy_path.hpp"
#include "tests/unit/ctl/command_line.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace recycler;
using namespace recycler::ctl;
using namespace recycler::control;
using namespace std::chrono_literals;

namespace {

template <typename T>
T command(const std::vector<const char*>& words) {
    auto result = parsed(words);
    if (auto* told = std::get_if<Told>(&result)) {
        FAIL(told->text);
    }
    return std::get<T>(std::get<Invocation>(std::move(result)).command);
}

// The exit code of a command line that is not carried out.
int refused(const std::vector<const char*>& words) {
    auto result = parsed(words);
    REQUIRE(std::holds_alternative<Told>(result));
    CHECK_FALSE(std::get<Told>(result).text.empty());
    return std::get<Told>(result).exit_code;
}

} // namespace

// What is not told apart would be taken for the last one, which stops the app.
TEST_CASE("each verb is a command of its own") {
    const std::vector<std::vector<const char*>> lines{
        {"status"}, {"drain", "7012"}, {"open", "7012"}, {"recycle", "7012"},
        {"reload"}, {"why"},           {"events"},       {"blame"},
        {"stop"},   {"check", "x"},    {"lint", "x"},    {"explain", "x"}};
    std::set<std::size_t> commands;
    for (const auto& line : lines) {
        const auto invocation = parsed(line);
        REQUIRE(std::holds_alternative<Invocation>(invocation));
        commands.insert(std::get<Invocation>(invocation).command.index());
    }
    CHECK(commands.size() == lines.size());
    CHECK(commands.size() == std::variant_size_v<Command>);
}

TEST_CASE("every verb is understood with its options") {
    CHECK(command<Status>({"status"}).slots.empty());
    CHECK(command<Status>({"status", "7012", "--watch"}).watch == Watch::each_second);
    CHECK(command<DrainCall>({"drain", "7012", "7013"}) == DrainCall{{"7012", "7013"}, {}, {}, {}});
    CHECK(command<DrainCall>({"drain", "all", "--timeout", "1min 30s", "--no-wait", "--force"}) ==
          DrainCall{{"all"}, 90s, Force::yes, Wait::until_accepted});
    CHECK(command<OpenCall>({"open", "7012"}) == OpenCall{{"7012"}});
    CHECK(command<RecycleCall>({"recycle", "7012", "--no-wait"}) ==
          RecycleCall{{"7012"}, Wait::until_accepted});
    CHECK(command<ReloadCall>({"reload"}) == ReloadCall{});
    CHECK(std::get<std::string>(command<Why>({"why", "7012"}).of) == "7012");
    CHECK(std::holds_alternative<EachEnd>(command<Why>({"why", "all"}).of));
    CHECK(std::holds_alternative<ByCause>(command<Why>({"why"}).of));
    CHECK(std::get<Duration>(*command<Why>({"why", "--since", "2h"}).since) == 2h);
    CHECK(std::get<WallTime>(*command<Why>({"why", "--since", "1970-01-01T00:00:01Z"}).since) ==
          WallTime{1s});
    const auto explain =
        command<Explain>({"explain", "--events", "a.jsonl", "1.log", "2.log", "--events=b.jsonl"});
    CHECK(explain.events == std::vector<std::string>{"a.jsonl", "b.jsonl"});
    CHECK(explain.files == std::vector<std::string>{"1.log", "2.log"});
    CHECK(command<EventsCall>({"events"}).follow == Follow::only_recent);
    CHECK(command<EventsCall>({"events", "--follow"}).follow == Follow::and_coming);
    CHECK(command<Status>({"status", "--verbose"}).limitations == Shown::Limitations::whole);
    CHECK(command<Status>({"status"}).limitations == Shown::Limitations::brief);
    CHECK(command<Check>({"check", "shop.toml"}).file == "shop.toml");
    CHECK(command<Lint>({"lint", "nginx.conf", "shop.conf"}).files.size() == 2);
    CHECK(command<Lint>({"lint", "a", "--kind", "haproxy"}).kind == lint::Kind::haproxy);
    CHECK(command<Lint>({"lint", "a", "--policy", "shop"}).policy == "shop");
    CHECK(refused({"lint"}) == k_exit_usage);
    CHECK(refused({"lint", "a", "--kind", "squid"}) == k_exit_usage);
    CHECK(command<StopCall>({"stop"}) == StopCall{});
}

TEST_CASE("a policy is named as recyclerd names it") {
    CHECK(policy_path("shop") == "/etc/recycler/shop.toml");
    for (const auto* file : {"shop.toml", "./shop", "/srv/shop.conf"}) {
        CHECK(policy_path(file) == file);
    }
}

TEST_CASE("the app and JSON may be asked for before the verb and after it") {
    for (const auto& words : {std::vector<const char*>{"--app", "shop", "--json", "status"},
                              std::vector<const char*>{"status", "--app", "shop", "--json"}}) {
        const auto result = parsed(words);
        REQUIRE(std::holds_alternative<Invocation>(result));
        CHECK(std::get<Invocation>(result).app == "shop");
        CHECK(std::get<Invocation>(result).output == Output::json);
    }
    CHECK(std::get<Invocation>(parsed({"status"})).app == std::nullopt);
}

TEST_CASE("a wrong command line exits with 2") {
    CHECK(refused({}) == 2);
    CHECK(refused({"explode"}) == 2);
    CHECK(refused({"drain"}) == 2);
    CHECK(refused({"open"}) == 2);
    CHECK(refused({"recycle"}) == 2);
    CHECK(refused({"check"}) == 2);
    CHECK(refused({"status", "--force"}) == 2);
    CHECK(refused({"drain", "7012", "--timeout"}) == 2);
    CHECK(refused({"drain", "7012", "--timeout", "soon"}) == 2);
    CHECK(refused({"why", "--since", "yesterday"}) == 2);
    CHECK(refused({"why", "7012", "7013"}) == 2);
    CHECK(refused({"reload", "stop"}) == 2);
}

TEST_CASE("asking for help or the version is no fault") {
    CHECK(refused({"--help"}) == 0);
    CHECK(refused({"drain", "--help"}) == 0);
    CHECK(refused({"--version"}) == 0);
}

TEST_CASE("every kind of trouble has the exit code of the contract") {
    CHECK(exit_code_for(Trouble::refused) == 1);
    CHECK(exit_code_for(Trouble::permission) == 1);
    CHECK(exit_code_for(Trouble::interrupted) == 1);
    CHECK(exit_code_for(Trouble::broken) == 1);
    CHECK(exit_code_for(Trouble::silent) == 1);
    CHECK(exit_code_for(Trouble::no_daemon) == 3);
    CHECK(exit_code_for(Trouble::timed_out) == 4);
}

TEST_CASE("the slots named help to find the app, all does not") {
    CHECK(slots_named(command<DrainCall>({"drain", "7012", "all"})) ==
          std::vector<std::string>{"7012"});
    CHECK(slots_named(command<Why>({"why", "7012"})) == std::vector<std::string>{"7012"});
    CHECK(slots_named(Command{StopCall{}}).empty());
}
