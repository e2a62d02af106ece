// SPDX-License-Identifier: MIT
#include "recycler/events/event_kinds.hpp"

#include "recycler/death/verdict.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace recycler;
using namespace recycler::events;

namespace {

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file, path.string());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}
std::string in_tree(const char* path) {
    return content_of(std::string(RECYCLER_SOURCE_DIR "/") + path);
}

std::vector<std::smatch> matches_in(const std::string& text, const char* pattern) {
    const std::regex expression(pattern);
    return {std::sregex_iterator(text.begin(), text.end(), expression), std::sregex_iterator()};
}

// Each catalog entry by its MESSAGE_ID.
std::map<std::string, std::string> catalog_entries() {
    const std::string text = in_tree("systemd/catalog/recycler.catalog");
    std::map<std::string, std::string> entries;
    const auto heads = matches_in(text, "(^|\n)-- ([0-9a-f]+)\n");
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const auto begin = static_cast<std::size_t>(heads[i].position() + heads[i].length());
        const auto end =
            i + 1 < heads.size() ? static_cast<std::size_t>(heads[i + 1].position()) : text.size();
        CHECK(entries.emplace(heads[i][2], text.substr(begin, end - begin)).second);
    }
    return entries;
}

// All that matches in the code of the daemon, which tells the events.
std::set<std::string> in_the_code(const char* pattern) {
    std::set<std::string> found;
    for (const char* folder : {"recycler/slots", "recycler/events", "recycler/controller"}) {
        for (const auto& file : std::filesystem::recursive_directory_iterator(
                 std::string(RECYCLER_SOURCE_DIR "/") + folder)) {
            if (file.path().extension() == ".cpp") {
                const std::string text = content_of(file.path());
                for (const auto& match : matches_in(text, pattern)) {
                    found.insert(match[1]);
                }
            }
        }
    }
    return found;
}

// What the daemon's own code calls an event.
std::set<std::string> events_in_the_code() {
    std::set<std::string> names;
    for (const char* pattern : {R"re(announce\(\*?(?:slot|spare),\s*EventName::([a-z_]+))re",
                                R"re(\.name = EventName::([a-z_]+))re",
                                R"re(\.event = control::name_of\(EventName::([a-z_]+)\))re"}) {
        names.merge(in_the_code(pattern));
    }
    return names;
}

std::set<std::string> events_in_the_table() {
    std::set<std::string> names;
    for (const EventKind& kind : k_event_kinds) {
        std::string name(to_string(kind.event));
        std::ranges::replace(name, '-', '_');
        names.insert(std::move(name));
    }
    return names;
}

// The values of the enumeration as they stand in its source.
std::set<std::string> events_in_the_enumeration() {
    const std::string source = in_tree("recycler/base/event_name.hpp");
    const std::size_t begin = source.find('{', source.find("enum class EventName"));
    const std::string values = source.substr(begin, source.find('}', begin) - begin);
    std::set<std::string> names;
    for (const auto& match : matches_in(values, "([a-z_]+),")) {
        names.insert(match[1]);
    }
    return names;
}

const std::set<std::string> k_fields{"MESSAGE",          "RECYCLER_APP",        "RECYCLER_EVENT",
                                     "RECYCLER_SLOT",    "RECYCLER_GENERATION", "RECYCLER_VERDICT",
                                     "RECYCLER_TRIGGER", "RECYCLER_NEXT_STEP",  "RECYCLER_TEXT"};

} // namespace

TEST_CASE("every kind has an id of its own, of 128 bits") {
    std::set<std::string_view> ids;
    for (const EventKind& kind : k_event_kinds) {
        CHECK(std::regex_match(std::string(kind.message_id), std::regex("[0-9a-f]{32}")));
        CHECK(ids.insert(kind.message_id).second);
    }
}

TEST_CASE("the table has every event that the code tells, and no other") {
    CHECK(events_in_the_table() == events_in_the_code());
}

// The compiler cannot see one that comes after the last one.
TEST_CASE("the table has every value of the enumeration, which is called like its event") {
    CHECK(events_in_the_table() == events_in_the_enumeration());
}

TEST_CASE("the code tells no event by a text, which may be misspelt") {
    CHECK(in_the_code(R"re(\.event = "([^"]*)")re").empty());
}

TEST_CASE("the catalog explains every kind, and nothing else") {
    auto entries = catalog_entries();
    for (const EventKind& kind : k_event_kinds) {
        const auto entry = entries.find(std::string(kind.message_id));
        REQUIRE_MESSAGE(entry != entries.end(), to_string(kind.event));
        const std::string& text = entry->second;
        CHECK_MESSAGE(
            std::regex_search(text, std::regex("^Subject: [^\n]+\n"
                                               "Defined-By: Recycler\n"
                                               "Documentation: man:recycler-deaths\\(7\\)\n"
                                               "\n[^\n]")),
            text);
        const bool says_what_to_do = text.find("nothing to do") != std::string::npos ||
                                     text.find("What to do:") != std::string::npos ||
                                     text.find("If nobody meant to stop it") != std::string::npos ||
                                     text.find("shows how far") != std::string::npos;
        CHECK_MESSAGE(says_what_to_do, text);
        for (const auto& field : matches_in(text, "@([A-Z_]+)@")) {
            CHECK_MESSAGE(k_fields.contains(field[1]), field[1].str());
        }
        entries.erase(entry);
    }
    CHECK(entries.empty());
}

TEST_CASE("the manual lists every kind with its id and priority, and every field") {
    const std::string manual = in_tree("man/recycler-deaths.7");
    constexpr std::array priorities{"", "", "", "err", "warning", "notice", "info"};
    std::set<std::string> listed;
    for (const auto& match : matches_in(manual, "\n\\.It Li ([0-9a-f]{32})\n\\.Cm ([a-z-]+)\n"
                                                "\\.Pq (err|warning|notice|info)")) {
        listed.insert(match[1].str() + " " + match[2].str() + " " + match[3].str());
    }
    std::set<std::string> expected;
    for (const EventKind& kind : k_event_kinds) {
        expected.insert(std::string(kind.message_id) + " " + std::string(to_string(kind.event)) +
                        " " + priorities[static_cast<std::size_t>(kind.urgency)]);
    }
    CHECK(listed == expected);
    for (const std::string& field : k_fields) {
        CHECK_MESSAGE(manual.find(field) != std::string::npos, field);
    }
}

TEST_CASE("the end of a worker is a warning exactly where its verdict is one") {
    for (const death::VerdictTraits& verdict : death::k_verdicts) {
        for (const auto kind : {control::RecordKind::end, control::RecordKind::start_failure}) {
            control::Record record;
            record.kind = kind;
            record.verdict = verdict.name;
            const EventKind& told = kind_of(record);
            CHECK(told.event == EventName::ended);
            CHECK((told.urgency <= Urgency::warning) == death::is_warning(verdict.verdict));
        }
    }
    control::Record failed;
    failed.kind = control::RecordKind::start_failure;
    failed.verdict = "start-failed";
    CHECK(&kind_of(failed) == &k_worker_not_started);
    CHECK(kind_of(failed).urgency == Urgency::error);
}

TEST_CASE("planned work is no warning, and what a person should look at is one") {
    const auto urgency = [](const char* event) {
        const EventKind* kind = kind_of(control::EventLine{.event = event});
        REQUIRE_MESSAGE(kind != nullptr, event);
        return kind->urgency;
    };
    for (const char* event :
         {"starting", "ready", "due", "replacing", "handed-over", "draining", "drained", "stopping",
          "policy-loaded", "upgraded", "app-started", "stopped"}) {
        CHECK_MESSAGE(urgency(event) >= Urgency::notice, event);
    }
    for (const char* event : {"braked", "holding", "leaving-early", "waiting", "policy-refused",
                              "controller-replaced", "upgrade-failed", "trouble", "entries-lost"}) {
        CHECK_MESSAGE(urgency(event) <= Urgency::warning, event);
    }
    CHECK(kind_of(control::EventLine{.event = "no-such-event"}) == nullptr);
}

TEST_CASE("an event is told in a sentence") {
    CHECK(in_words({.event = "due",
                    .slot = "7012",
                    .generation = 3,
                    .members = {{"trigger", std::string("memory")}}},
                   "shop") == "7012.3 is due to be recycled (memory)");
    CHECK(in_words({.event = "started",
                    .slot = "7012",
                    .generation = 3,
                    .members = {{"pid", std::int64_t{812}}, {"exec_us", std::int64_t{900}}}},
                   "shop") == "7012.3 runs, process 812");
    CHECK(in_words({.event = "policy-loaded", .members = {{"text", std::string("new slots: a")}}},
                   "shop") == "shop has loaded its policy: new slots: a");
    CHECK(in_words({.event = "braked", .slot = "7012"}, "shop") == "7012 is braked");
    control::Record record;
    record.sentence = "7012.3 outgrew its limit.";
    CHECK(in_words(ended(record), "shop") == record.sentence);
}
