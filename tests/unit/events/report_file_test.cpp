// SPDX-License-Identifier: MIT
#include "recycler/events/report_file.hpp"

#include "tests/unit/events/temporary_folder.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

using namespace recycler;
using namespace recycler::events;

namespace {

using Lines = std::vector<std::string>;

Report::Take all(std::string_view) {
    return Report::Take::yes;
}

std::string text_of(const std::string& path) {
    const std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

Lines read_all(const Report& report) {
    auto lines = report.read_back(all, 100000);
    REQUIRE(lines);
    return *lines;
}

std::string numbered(int n) {
    return "{\"n\":" + std::to_string(n) + "}";
}

bool knows(const Report& report, const RecordId& id) {
    const auto found = report.find({id});
    REQUIRE(found);
    return found->front().has_value();
}

} // namespace

TEST_CASE("lines are read back newest first, and the folders above the file are made") {
    const TemporaryFolder folder;
    Report report(folder.file("var/lib/shop/events.jsonl"));
    CHECK(read_all(report) == Lines{});
    REQUIRE(report.append(numbered(1)));
    REQUIRE(report.append(numbered(2)));
    CHECK(text_of(report.path()) == "{\"n\":1}\n{\"n\":2}\n");
    CHECK(read_all(report) == Lines{numbered(2), numbered(1)});
}

TEST_CASE("reading back takes what is wanted, up to the limit") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"));
    for (int n = 0; n < 20; ++n) {
        REQUIRE(report.append(numbered(n)));
    }
    const auto even = [](std::string_view line) {
        return (line[line.size() - 2] - '0') % 2 == 0 ? Report::Take::yes : Report::Take::no;
    };
    CHECK(*report.read_back(even, 2) == Lines{numbered(18), numbered(16)});
    const auto until_17 = [](std::string_view line) {
        return line == numbered(17) ? Report::Take::enough : Report::Take::yes;
    };
    CHECK(*report.read_back(until_17, 9) == Lines{numbered(19), numbered(18)});
    CHECK(report.read_back(all, 0)->empty());
}

TEST_CASE("the tail is as many of the newest whole lines as fit") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"));
    for (int n = 1; n <= 3; ++n) {
        REQUIRE(report.append(numbered(n))); // 8 bytes with the newline
    }
    CHECK(*report.tail(Bytes{16}) == Lines{numbered(3), numbered(2)});
    CHECK(*report.tail(Bytes{15}) == Lines{numbered(3)});
    CHECK(report.tail(Bytes{0})->empty());
}

TEST_CASE("a full file is rotated, so many are kept, and reading crosses them all") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"), {.rotate_at = Bytes{24}, .kept = 4});
    for (int n = 10; n < 30; ++n) {
        REQUIRE(report.append(numbered(n))); // 9 bytes: two to a file
    }
    CHECK(text_of(report.path()) == "{\"n\":28}\n{\"n\":29}\n");
    CHECK(text_of(report.path() + ".1") == "{\"n\":26}\n{\"n\":27}\n");
    CHECK(text_of(report.path() + ".4") == "{\"n\":20}\n{\"n\":21}\n");
    CHECK_FALSE(std::filesystem::exists(report.path() + ".5"));
    const Lines lines = read_all(report);
    REQUIRE(lines.size() == 10);
    CHECK(lines.front() == numbered(29));
    CHECK(lines.back() == numbered(20));
}

TEST_CASE("a line larger than a whole file still gets a file of its own") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"), {.rotate_at = Bytes{10}});
    const std::string large = "{\"text\":\"" + std::string(50, 'x') + "\"}";
    REQUIRE(report.append(large));
    REQUIRE(report.append(numbered(1)));
    CHECK(read_all(report) == Lines{numbered(1), large});
}

TEST_CASE("a line torn by a crash is left out, and the next one begins on a line of its own") {
    const TemporaryFolder folder;
    const std::string path = folder.file("events.jsonl");
    std::ofstream(path) << "{\"n\":1}\n{\"n\":2,\"sen";
    Report report(path);
    CHECK(read_all(report) == Lines{numbered(1)});
    REQUIRE(report.append(numbered(3)));
    CHECK(read_all(report) == Lines{numbered(3), numbered(1)});
}

TEST_CASE("a file that somebody moved away is begun anew, and nothing goes into the old one") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"));
    REQUIRE(report.append(numbered(1)));
    std::filesystem::rename(report.path(), folder.file("taken"));
    REQUIRE(report.append(numbered(2)));
    std::filesystem::remove(report.path());
    REQUIRE(report.append(numbered(3)));
    CHECK(text_of(folder.file("taken")) == numbered(1) + "\n");
    CHECK(read_all(report) == Lines{numbered(3)});
}

TEST_CASE("a record is found again by keeper, slot and generation, by another process too") {
    const TemporaryFolder folder;
    const RecordId id{.keeper = "b5f1", .slot = "7012", .generation = 3};
    Report report(folder.file("events.jsonl"));
    CHECK_FALSE(knows(report, id));
    REQUIRE(report.append(id, R"({"kind":"end"})"));
    REQUIRE(report.append(R"({"event":"ready"})"));
    CHECK(read_all(report).back() == R"({"record":"b5f1/7012/3","kind":"end"})");

    const Report later(report.path());
    CHECK(knows(later, id));
    CHECK_FALSE(knows(later, {.keeper = "b5f1", .slot = "7012", .generation = 33}));
    CHECK_FALSE(knows(later, {.keeper = "b5f1", .slot = "701", .generation = 3}));
    CHECK_FALSE(knows(later, {.keeper = "b5f", .slot = "7012", .generation = 3}));
}

TEST_CASE("several records are found in one walk, each where it was asked for") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"));
    const auto id = [](std::uint32_t generation) {
        return RecordId{.keeper = "b5f1", .slot = "7012", .generation = generation};
    };
    CHECK(report.find({})->empty());
    REQUIRE(report.append(id(3), R"({"kind":"end"})"));
    REQUIRE(report.append(id(4), R"({"kind":"later"})"));
    const auto found = report.find({id(4), id(5), id(3)});
    REQUIRE(found);
    REQUIRE(found->size() == 3);
    CHECK((*found)[0] == R"({"record":"b5f1/7012/4","kind":"later"})");
    CHECK_FALSE((*found)[1].has_value());
    CHECK((*found)[2] == R"({"record":"b5f1/7012/3","kind":"end"})");
}

TEST_CASE("a record is found across a rotation, and not once another keeper's record is younger") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"), {.rotate_at = Bytes{60}});
    const RecordId old_id{.keeper = "b5f1", .slot = "7012", .generation = 3};
    REQUIRE(report.append(old_id, "{}"));
    REQUIRE(report.append(R"({"event":"a long line of no keeper at all"})"));
    REQUIRE(std::filesystem::exists(report.path() + ".1"));
    CHECK(knows(report, old_id));
    REQUIRE(report.append(RecordId{.keeper = "c6a2", .slot = "7012", .generation = 1}, "{}"));
    CHECK_FALSE(knows(report, old_id)); // its keeper is gone: nobody asks, and the search ends here
}

TEST_CASE("text inside a line cannot pass for a record, nor a slot's name break one") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"));
    const RecordId id{.keeper = "k", .slot = "7012", .generation = 1};
    REQUIRE(report.append(R"({"stderr":"{\"record\":\"k/7012/1\""})"));
    CHECK_FALSE(knows(report, id));
    const RecordId odd{.keeper = "k", .slot = "a\"b\\\n.sock", .generation = 1};
    REQUIRE(report.append(odd, "{}"));
    CHECK(knows(report, odd));
    CHECK(read_all(report).front() == R"({"record":"k/a\u0022b\u005c\u000a.sock/1"})");
}

TEST_CASE(
    "what is no object on one line, or too long to be read back, is refused and not written") {
    const TemporaryFolder folder;
    Report report(folder.file("events.jsonl"), {.line = Bytes{20}});
    for (const char* wrong : {"", "{", "text", "{\"a\":\n1}", "[1]"}) {
        CHECK(report.append(wrong).error().code == EINVAL);
    }
    CHECK(report.append("{\"a\":\"" + std::string(20, 'x') + "\"}").error().code == EMSGSIZE);
    CHECK(read_all(report) == Lines{});
}

TEST_CASE("an error says which record is not kept, where, and why") {
    const TemporaryFolder folder;
    std::ofstream(folder.file("occupied")) << "a file where a folder should be";
    Report report(folder.file("occupied/events.jsonl"));
    const auto kept = report.append(RecordId{.keeper = "k", .slot = "7012", .generation = 3}, "{}");
    REQUIRE_FALSE(kept);
    CHECK(kept.error().code == ENOTDIR);
    CHECK(kept.error().message().starts_with("keep the record of 7012.3: keep a line in " +
                                             folder.file("occupied/events.jsonl") + ": "));
}

TEST_CASE("a link or a folder in the place of the file is refused") {
    const TemporaryFolder folder;
    std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
    CHECK(Report(folder.file("link")).append(numbered(1)).error().code == ELOOP);
    CHECK_FALSE(std::filesystem::exists(folder.file("target")));
    CHECK(Report(folder.path()).append(numbered(1)).error().code == EISDIR);
}

TEST_CASE("files that are held open are read where no path leads any more") {
    const TemporaryFolder folder;
    Report report(folder.file("report.jsonl"), {.rotate_at = Bytes{20}});
    REQUIRE(report.append(R"({"n":1,"old":1})"));
    REQUIRE(report.append(R"({"n":2})"));
    report.hold_open();
    std::filesystem::remove_all(folder.path());
    const auto all = [](std::string_view) { return Report::Take::yes; };
    const auto lines = report.read_back(all, 10);
    REQUIRE(lines);
    CHECK(*lines == std::vector<std::string>{R"({"n":2})", R"({"n":1,"old":1})"});
    const auto again = report.read_back(all, 10);
    REQUIRE(again);
    CHECK(again->size() == 2);
}
