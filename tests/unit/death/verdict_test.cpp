// SPDX-License-Identifier: MIT
#include "recycler/death/verdict.hpp"

#include "recycler/base/trigger.hpp"
#include "recycler/death/evidence.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace recycler;
using namespace recycler::death;

namespace {

std::string manual() {
    const std::ifstream in(MAN_DIR "/recycler-deaths.7");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The manual's name for it: a hyphen is written "\-" in roff, so that it can be searched for.
std::string in_roff(std::string_view name) {
    std::string out;
    for (const char c : name) {
        out += c == '-' ? std::string("\\-") : std::string(1, c);
    }
    return out;
}

} // namespace

TEST_CASE("each verdict stands once in the table, and no name and no number occurs twice") {
    std::set<std::string_view> names;
    std::set<std::size_t> numbers;
    for (const VerdictTraits& row : k_verdicts) {
        CHECK(&traits(row.verdict) == &row);
        CHECK(verdict_named(row.name) == row.verdict);
        CHECK(name_of_code(static_cast<std::size_t>(row.verdict)) == row.name);
        names.insert(row.name);
        numbers.insert(static_cast<std::size_t>(row.verdict));
    }
    CHECK(names.size() == k_verdicts.size());
    CHECK(numbers.size() == k_verdicts.size());
    CHECK(k_verdicts.back().verdict == Verdict::unknown);
}

// What a controller of another version has counted is shown under these names.
TEST_CASE("the numbers of verdicts and triggers never move") {
    constexpr std::array verdicts{"recycled",          "stopped",  "left",   "oom-worker",
                                  "oom-app",           "oom-host", "killed", "crashed",
                                  "forbidden-syscall", "exited",   "hung",   "drain-cut",
                                  "start-failed",      "unknown",  "stuck"};
    CHECK(verdicts.size() == k_verdicts.size());
    for (std::size_t code = 0; code < verdicts.size(); ++code) {
        CHECK(name_of_code(code) == verdicts[code]);
    }
    constexpr std::array triggers{"memory",   "requests", "age",      "hung",
                                  "operator", "policy",   "listener", "stuck"};
    CHECK(triggers.size() == k_triggers.size());
    for (std::size_t code = 0; code < triggers.size(); ++code) {
        CHECK(to_string(static_cast<Trigger>(code)) == triggers[code]);
    }
    CHECK(name_of_code(63) == "of-a-later-version");
    CHECK(to_string(static_cast<Trigger>(31)) == "of-a-later-version");
}

TEST_CASE("a name that is no verdict is none") {
    CHECK_FALSE(verdict_named("oom"));
    CHECK_FALSE(verdict_named(""));
}

TEST_CASE("only what was planned is no warning") {
    for (const VerdictTraits& row : k_verdicts) {
        const bool planned = row.verdict == Verdict::recycled || row.verdict == Verdict::stopped ||
                             row.verdict == Verdict::left;
        CHECK(is_warning(row.verdict) != planned);
    }
}

TEST_CASE("every verdict has a section of its own in recycler-deaths(7)") {
    const std::string text = manual();
    REQUIRE_FALSE(text.empty());
    for (const VerdictTraits& row : k_verdicts) {
        CAPTURE(row.name);
        CHECK(text.find("\n.Ss " + in_roff(row.name) + "\n") != std::string::npos);
    }
}

// The ledger reads back those of the list alone.
TEST_CASE("every trigger that has a name stands in the list") {
    for (std::size_t code = 0; code < k_most_triggers; ++code) {
        const auto trigger = static_cast<Trigger>(code);
        const bool is_named = to_string(trigger) != k_of_a_later_version;
        CAPTURE(code);
        CHECK((std::ranges::find(k_triggers, trigger) != k_triggers.end()) == is_named);
    }
}

TEST_CASE("every trigger is named in recycler-deaths(7)") {
    const std::string text = manual();
    for (const Trigger trigger : k_triggers) {
        CAPTURE(to_string(trigger));
        CHECK(text.find("\n.It Cm " + std::string(to_string(trigger)) + "\n") != std::string::npos);
    }
}

TEST_CASE("what waitid reports becomes a wait status, and anything that is no end does not") {
    CHECK(std::get<Exited>(*wait_status(CLD_EXITED, 3)).status == 3);
    CHECK(std::get<Signalled>(*wait_status(CLD_KILLED, SIGKILL)).signal == SIGKILL);
    CHECK(std::get<Signalled>(*wait_status(CLD_DUMPED, SIGSEGV)).core_dumped);
    CHECK_FALSE(std::get<Signalled>(*wait_status(CLD_KILLED, SIGKILL)).core_dumped);
    CHECK_FALSE(wait_status(CLD_STOPPED, SIGSTOP));
}
