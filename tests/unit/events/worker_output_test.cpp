// SPDX-License-Identifier: MIT
#include "recycler/events/worker_output.hpp"

#include "recycler/keeper/ring/ring_reader.hpp"
#include "tests/unit/events/temporary_folder.hpp"
#include "tests/unit/systemd/journal_socket.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;
using namespace std::chrono_literals;
using test::JournalSocket;

namespace {

using Lines = std::vector<std::string>;

// A worker's ring, as the keeper fills it.
struct Worker {
    UniqueFd ring = std::move(keeper::make_ring()).value();
    std::uint64_t written = 0;

    void writes(std::string_view text) {
        while (!text.empty()) { // as the keeper reads from a pipe
            const auto piece = text.substr(0, 16 * 1024);
            REQUIRE(keeper::append_to_ring(ring.get(), written,
                                           std::as_bytes(std::span{piece.data(), piece.size()})) ==
                    0);
            text.remove_prefix(piece.size());
        }
    }
    [[nodiscard]] OutputSource source() const {
        return {.slot = "7012", .generation = 3, .pid = 4711, .ring = ring.get()};
    }
};

struct Room {
    TemporaryFolder folder;
    std::string path = folder.file("journal");
    JournalSocket journald{path};
    Worker worker;
    WorkerOutput output{"shop", path};

    Duration follow() { return output.follow({{WorkerId{{0}, 3}, worker.source()}}); }
    void end() { output.follow_to_end(worker.source()); }
    Lines arrived() {
        Lines lines;
        while (const auto entry = journald.next()) {
            lines.push_back(entry->fields.at("MESSAGE"));
        }
        return lines;
    }
};

} // namespace

TEST_CASE("each line of a worker is an entry that says whose it is") {
    Room room;
    room.worker.writes("PHP Warning: x\n");
    CHECK(room.follow() == 1s);
    const auto entry = room.journald.next();
    REQUIRE(entry);
    CHECK(entry->fields == std::map<std::string, std::string>{{"MESSAGE", "PHP Warning: x"},
                                                              {"PRIORITY", "6"},
                                                              {"SYSLOG_IDENTIFIER", "shop"},
                                                              {"RECYCLER_APP", "shop"},
                                                              {"RECYCLER_SLOT", "7012"},
                                                              {"RECYCLER_GENERATION", "3"},
                                                              {"OBJECT_PID", "4711"}});
    CHECK_FALSE(room.journald.next());
}

TEST_CASE("only whole lines are handed on while a worker lives, and the rest when it has ended") {
    Room room;
    room.worker.writes("one\n\ntwo\nthr");
    room.follow();
    CHECK(room.arrived() == Lines{"one", "two"});
    room.worker.writes("ee\nfour");
    room.follow();
    CHECK(room.arrived() == Lines{"three"});
    room.end();
    const auto last = room.journald.next();
    REQUIRE(last);
    CHECK(last->fields.at("MESSAGE") == "four");
    CHECK(last->fields.at("RECYCLER_LINE_BREAK") == "eof");
    room.end();
    CHECK(room.arrived().empty());
}

TEST_CASE("the next controller goes on where the one before was killed") {
    Room room;
    room.worker.writes("one\ntwo\nthr");
    room.follow();
    CHECK(room.arrived() == Lines{"one", "two"});
    room.worker.writes("ee\n");
    WorkerOutput next{"shop", room.path};
    next.follow({{WorkerId{{0}, 3}, room.worker.source()}});
    CHECK(room.arrived() == Lines{"three"});
}

TEST_CASE("any bytes pass, and none of them becomes a field") {
    Room room;
    const std::string bytes("\0\xff\x1b[31m=MESSAGE=x\r", 17);
    room.worker.writes(bytes + "\nPRIORITY=0\n");
    room.follow();
    CHECK(room.arrived() == Lines{bytes, "PRIORITY=0"});
}

TEST_CASE("a line that is too long is told in pieces, each but the last marked") {
    Room room;
    const std::string line(k_longest_line + 10, 'x');
    room.worker.writes(line + "\n");
    room.follow();
    const auto first = room.journald.next();
    const auto second = room.journald.next();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->fields.at("MESSAGE") + second->fields.at("MESSAGE") == line);
    CHECK(first->fields.at("RECYCLER_LINE_BREAK") == "line-max");
    CHECK_FALSE(second->fields.contains("RECYCLER_LINE_BREAK"));
    room.worker.writes(std::string(k_longest_line, 'y') + "\n"); // just not too long
    room.follow();
    CHECK(room.arrived() == Lines{std::string(k_longest_line, 'y')});
}

TEST_CASE("what a ring has lost is said where it is missing") {
    Room room;
    room.worker.writes("one\n");
    room.follow();
    CHECK(room.arrived() == Lines{"one"});
    room.worker.writes("lost!\n" + std::string(keeper::k_ring_capacity - 6, 'x') + "\nlast\n");
    room.end();
    const auto gap = room.journald.next();
    REQUIRE(gap);
    CHECK(gap->fields.at("RECYCLER_LOST_BYTES") == "6");
    CHECK(gap->fields.at("RECYCLER_SLOT") == "7012");
    const Lines rest = room.arrived();
    REQUIRE_FALSE(rest.empty());
    CHECK(rest.back() == "last");
}

TEST_CASE("while journald takes nothing the lines wait in the ring, and nobody waits for them") {
    Room room;
    Lines expected;
    std::string text;
    for (int i = 0; i < 2000; ++i) {
        expected.push_back("line " + std::to_string(i));
        text += expected.back() + "\n";
    }
    room.worker.writes(text);
    CHECK(room.follow() == 100ms); // not all at once, whether it takes them or not
    Lines lines;
    for (int turn = 0; turn < 1000 && lines.size() < expected.size(); ++turn) {
        for (std::string& line : room.arrived()) {
            lines.push_back(std::move(line));
        }
        room.follow();
    }
    CHECK(lines == expected);
}

TEST_CASE("without a journald nothing is lost until a ring is full") {
    const TemporaryFolder folder;
    Worker worker;
    WorkerOutput output{"shop", folder.file("journal")};
    worker.writes("one\ntwo\n");
    CHECK(output.follow({{WorkerId{{0}, 3}, worker.source()}}) == 100ms);
    JournalSocket journald(folder.file("journal"));
    output.follow({{WorkerId{{0}, 3}, worker.source()}});
    output.follow({{WorkerId{{0}, 3}, worker.source()}});
    Lines lines;
    while (const auto entry = journald.next()) {
        lines.push_back(entry->fields.at("MESSAGE"));
    }
    CHECK(lines == Lines{"one", "two"});
}
