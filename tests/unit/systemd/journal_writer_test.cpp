// SPDX-License-Identifier: MIT
#include "systemd/journal_writer.hpp"

#include "tests/unit/events/temporary_folder.hpp"
#include "tests/unit/systemd/journal_socket.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <vector>

using namespace systemd;
using recycler::events::TemporaryFolder;
using recycler::test::JournalSocket;
using Fate = JournalWriter::Fate;
using Came = JournalSocket::Entry::Came;

namespace {

std::vector<JournalField> entry(std::string message) {
    return {{"MESSAGE", std::move(message)}, {"PRIORITY", "4"}};
}

// Until nothing is taken any more; how many were.
std::uint64_t fill(JournalWriter& writer) {
    while (writer.send(entry("number " + std::to_string(writer.sent()))) == Fate::sent) {
    }
    return writer.sent();
}

// Everything that has arrived and arrives while room is made for it.
std::vector<std::string> take_all(JournalSocket& journald, JournalWriter& writer) {
    std::vector<std::string> messages;
    for (;;) {
        const auto next = journald.next();
        if (!next) {
            const std::size_t waited = writer.waiting();
            writer.flush();
            if (writer.waiting() == waited) {
                return messages;
            }
            continue;
        }
        messages.push_back(next->fields.at("MESSAGE"));
    }
}

} // namespace

TEST_CASE("an entry arrives with all its fields") {
    const TemporaryFolder folder;
    JournalSocket journald(folder.file("socket"));
    JournalWriter writer(folder.file("socket"));
    CHECK(writer.send(entry("7012.3 is ready")) == Fate::sent);
    const auto arrived = journald.next();
    REQUIRE(arrived);
    CHECK(arrived->came == Came::as_datagram);
    CHECK(arrived->fields ==
          std::map<std::string, std::string>{{"MESSAGE", "7012.3 is ready"}, {"PRIORITY", "4"}});
    CHECK(!journald.next());
}

TEST_CASE("lines and any bytes in a value stay one value") {
    const TemporaryFolder folder;
    JournalSocket journald(folder.file("socket"));
    JournalWriter writer(folder.file("socket"));
    const std::string forged = "harmless\nPRIORITY=0\nMESSAGE_ID=forged";
    const std::string binary("\0\xff=\x01\n\0", 6);
    const std::string no_line("\0\xff=\x01", 4);
    CHECK(writer.send(std::vector<JournalField>{
              {"MESSAGE", forged}, {"A", binary}, {"B", no_line}, {"C", ""}}) == Fate::sent);
    const auto arrived = journald.next();
    REQUIRE(arrived);
    CHECK(arrived->fields == std::map<std::string, std::string>{
                                 {"MESSAGE", forged}, {"A", binary}, {"B", no_line}, {"C", ""}});
}

TEST_CASE("an entry of a megabyte comes by a sealed memfd, in its turn") {
    const TemporaryFolder folder;
    JournalSocket journald(folder.file("socket"));
    JournalWriter writer(folder.file("socket"));
    const std::string large = std::string(1 << 20, 'x') + "\nend";
    CHECK(writer.send(entry("before")) == Fate::sent);
    CHECK(writer.send(entry(large)) == Fate::sent);
    CHECK(writer.send(entry("after")) == Fate::sent);
    CHECK(journald.next()->fields.at("MESSAGE") == "before");
    const auto arrived = journald.next();
    REQUIRE(arrived);
    CHECK(arrived->came == Came::as_memfd);
    CHECK(arrived->sealed);
    CHECK(arrived->fields.at("MESSAGE") == large);
    CHECK(arrived->fields.at("PRIORITY") == "4");
    CHECK(journald.next()->fields.at("MESSAGE") == "after");
}

TEST_CASE("what a journald that does not read has no room for waits, and arrives in order") {
    const TemporaryFolder folder;
    JournalSocket journald(folder.file("socket"));
    JournalWriter writer(folder.file("socket"));
    const std::uint64_t taken = fill(writer); // the send that filled it waits
    CHECK(writer.waiting() == 1);
    for (int i = 0; i < 500; ++i) {
        CHECK(writer.send(entry("later " + std::to_string(i))) == Fate::waiting);
    }
    const std::vector<std::string> messages = take_all(journald, writer);
    REQUIRE(messages.size() == taken + 501);
    CHECK(messages[taken] == "number " + std::to_string(taken));
    CHECK(messages.back() == "later 499");
    CHECK(writer.waiting() == 0);
    CHECK(writer.lost() == 0);
    CHECK(writer.sent() == messages.size());
}

TEST_CASE("a large entry waits like any other") {
    const TemporaryFolder folder;
    JournalSocket journald(folder.file("socket"));
    JournalWriter writer(folder.file("socket"));
    fill(writer);
    CHECK(writer.send(entry(std::string(1 << 20, 'x'))) == Fate::waiting);
    CHECK(take_all(journald, writer).back().size() == 1 << 20);
}

TEST_CASE("what the queue has no room for is lost and counted, and nothing waits for it") {
    const TemporaryFolder folder;
    JournalSocket journald(folder.file("socket"));

    SUBCASE("too many entries") {
        JournalWriter writer(folder.file("socket"), {.entries = 10});
        fill(writer);
        for (int i = 0; i < 9; ++i) {
            CHECK(writer.send(entry("waits")) == Fate::waiting);
        }
        CHECK(writer.send(entry("lost")) == Fate::lost);
        CHECK(writer.send(entry("lost")) == Fate::lost);
        CHECK(writer.lost() == 2);
        CHECK(writer.take_losses() == 0); // not while any wait
        CHECK(writer.trouble().starts_with(folder.file("socket")));
        CHECK(take_all(journald, writer).back() == "waits");
        CHECK(writer.take_losses() == 2);
        CHECK(writer.take_losses() == 0);
        CHECK(writer.send(entry("flows again")) == Fate::sent);
        CHECK(writer.lost() == 2);
    }
    SUBCASE("too much at once") {
        JournalWriter writer(folder.file("socket"), {.amount = recycler::Bytes{1 << 16}});
        fill(writer);
        CHECK(writer.send(entry(std::string(1 << 16, 'x'))) == Fate::lost);
        CHECK(writer.send(entry("small")) == Fate::waiting);
        CHECK(writer.lost() == 1);
    }
}

TEST_CASE("a journald that comes late, goes and comes back gets what waited") {
    const TemporaryFolder folder;
    JournalWriter writer(folder.file("socket"));
    CHECK(writer.send(entry("first")) == Fate::waiting);
    auto journald = std::make_unique<JournalSocket>(folder.file("socket"));
    writer.flush();
    CHECK(journald->next()->fields.at("MESSAGE") == "first");

    journald.reset();
    CHECK(writer.send(entry("second")) == Fate::waiting);
    journald = std::make_unique<JournalSocket>(folder.file("socket"));
    CHECK(writer.send(entry("third")) == Fate::sent);
    CHECK(journald->next()->fields.at("MESSAGE") == "second");
    CHECK(journald->next()->fields.at("MESSAGE") == "third");

    // Replaced between two entries: the connection leads to nobody, and the path to the new one.
    journald.reset();
    journald = std::make_unique<JournalSocket>(folder.file("socket"));
    CHECK(writer.send(entry("fourth")) == Fate::sent);
    CHECK(journald->next()->fields.at("MESSAGE") == "fourth");
    CHECK(writer.lost() == 0);
}

TEST_CASE("an entry that journald can never be given does not stop those behind it") {
    const TemporaryFolder folder;
    JournalWriter writer(folder.file(std::string(200, 'x'))); // no path of a socket is so long
    CHECK(writer.send(entry("anything")) == Fate::lost);
    CHECK(writer.waiting() == 0);
    CHECK(writer.lost() == 1);
}

TEST_CASE("a stream is the journal's when its device and inode are those that systemd named") {
    const TemporaryFolder folder;
    const std::string path = folder.file("stream");
    const recycler::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    struct stat file {};
    REQUIRE(::fstat(fd.get(), &file) == 0);
    const std::string name = std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
    CHECK(is_journal_stream(fd.get(), name.c_str()));
    CHECK(!is_journal_stream(fd.get(), (name + "0").c_str()));
    CHECK(!is_journal_stream(fd.get(), nullptr));
    CHECK(!is_journal_stream(-1, name.c_str()));
}
