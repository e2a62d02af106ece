// SPDX-License-Identifier: MIT
#include "recycler/events/waiting_lines.hpp"

#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::events;

namespace {

// A file that takes lines while it has room.
struct Disk {
    bool full = false;
    std::string written;

    WaitingLines::Write writer() {
        return [this](const WaitingLines::Line& line) -> Result<void> {
            if (line.json.empty()) {
                return Error{EINVAL, "keep it"};
            }
            if (full) {
                return Error{ENOSPC, "write it"};
            }
            written += line.json;
            return {};
        };
    }
};

void put(WaitingLines& lines, WaitingLines::Line line, Disk& disk) {
    lines.add(std::move(line));
    lines.write(disk.writer());
}

} // namespace

TEST_CASE("what a full disk does not take is written in its order when there is room again") {
    Disk disk;
    WaitingLines lines(Bytes{100});
    put(lines, {{}, "1"}, disk);
    disk.full = true;
    put(lines, {RecordId{"k", "7000", 1}, "2"}, disk);
    put(lines, {{}, "3"}, disk);
    CHECK(disk.written == "1");
    CHECK(lines.count() == 2);
    REQUIRE(lines.trouble());
    CHECK(lines.trouble()->code == ENOSPC);
    disk.full = false;
    lines.write(disk.writer());
    CHECK(disk.written == "123");
    CHECK(lines.count() == 0);
    CHECK(lines.lost() == 0);
    CHECK_FALSE(lines.trouble());
}

TEST_CASE("more than may wait is lost, the oldest first, and counted with the reason") {
    Disk disk{.full = true, .written = {}};
    WaitingLines lines(Bytes{3});
    for (const char* text : {"a", "b", "cc"}) {
        put(lines, {{}, text}, disk);
    }
    CHECK(lines.lost() == 1);
    CHECK(lines.why_lost().starts_with("write it"));
    disk.full = false;
    put(lines, {{}, "d"}, disk);
    CHECK(disk.written == "bccd");
}

TEST_CASE("a line that no file takes does not hold the others up") {
    Disk disk;
    WaitingLines lines(Bytes{100});
    put(lines, {{}, ""}, disk);
    CHECK(lines.lost() == 1);
    put(lines, {{}, "1"}, disk);
    CHECK(disk.written == "1");
    CHECK_FALSE(lines.trouble());
}
