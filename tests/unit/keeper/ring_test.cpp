// SPDX-License-Identifier: MIT
#include "recycler/keeper/ring/ring_reader.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::keeper;

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text, std::uint64_t cut = 0, TailBounds bounds = {}) {
    return last_lines(std::span{text.data(), text.size()}, cut, bounds);
}

// A ring and its only writer.
struct Ring {
    UniqueFd fd = std::move(make_ring()).value();
    std::uint64_t written = 0;

    void append(std::string_view text) {
        CHECK(append_to_ring(fd.get(), written,
                             std::as_bytes(std::span{text.data(), text.size()})) == 0);
    }
    RingTail tail(TailBounds bounds = {}) const { return read_ring_tail(fd.get(), bounds).value(); }
};

} // namespace

TEST_CASE("the last lines are the last ones, whole, whatever bytes are in them") {
    CHECK(lines_of("").empty());
    CHECK(lines_of("one") == Lines{"one"});
    CHECK(lines_of("one\n") == Lines{"one"});
    CHECK(lines_of("\n") == Lines{""});
    CHECK(lines_of("one\n\ntwo\n") == Lines{"one", "", "two"});
    CHECK(lines_of("one\ntwo\nthree", 0, {.lines = 2}) == Lines{"two", "three"});
    CHECK(lines_of(std::string_view{"a\0b\n\xff", 5}) == Lines{std::string{"a\0b", 3}, "\xff"});
    CHECK(lines_of("one\ntwo", 0, {.lines = 0}).empty());
}

TEST_CASE("a line whose beginning is lost is left out, unless it is all there is") {
    CHECK(lines_of("rest of one\ntwo\nthree", 7) == Lines{"two", "three"});
    CHECK(lines_of("rest of one", 7) == Lines{"rest of one"});
}

TEST_CASE("a long line keeps its beginning") {
    CHECK(lines_of("abcdef\nxyz", 0, {.line_length = 3}) == Lines{"abc", "xyz"});
}

TEST_CASE("a ring holds what was written, and counts what it no longer holds") {
    Ring ring;
    CHECK(ring.tail().lines.empty());
    ring.append("one\ntwo\n");
    CHECK(ring.tail().lines == Lines{"one", "two"});
    CHECK(ring.tail().lost == 0);
    for (int i = 0; i < 20'000; ++i) {
        ring.append("line " + std::to_string(i) + "\n");
    }
    const RingTail tail = ring.tail({.lines = 2});
    CHECK(tail.lines == Lines{"line 19998", "line 19999"});
    CHECK(tail.written == ring.written);
    CHECK(tail.lost == ring.written - k_ring_capacity);
}

TEST_CASE("every byte survives the ring's end, wherever a write crosses it") {
    Ring ring;
    const std::string piece(1000, 'x');
    while (ring.written + piece.size() <= k_ring_capacity) {
        ring.append(piece);
    }
    ring.append("\n" + std::string(k_ring_capacity - ring.written, 'a') + std::string(500, 'b') +
                "\nend\n");
    const RingTail tail = ring.tail({.lines = 2, .line_length = k_ring_capacity});
    REQUIRE(tail.lines.size() == 2);
    CHECK(tail.lines[0].ends_with(std::string(500, 'b')));
    CHECK(tail.lines[0].starts_with('a'));
    CHECK(tail.lines[1] == "end");
}

TEST_CASE("what is claimed by a write under way is not taken for old text") {
    Ring ring;
    ring.append(std::string(k_ring_capacity - 4, 'x') + "\nold");
    const std::uint64_t claimed =
        ring.written + k_ring_capacity - 4; // all but "old" is being overwritten
    REQUIRE(::pwrite(ring.fd.get(), &claimed, sizeof claimed, offsetof(RingHeader, claimed)) ==
            sizeof claimed);
    const RingTail tail = ring.tail();
    CHECK(tail.lines == Lines{"old"});
    CHECK(tail.lost == ring.written - 4);
}

TEST_CASE(
    "what has been handed on is not handed on again, whoever reads, and what is lost is known") {
    Ring ring;
    const auto untold = [&] { return read_untold(ring.fd.get()).value(); };
    const auto text = [](const Untold& piece) {
        return std::string(piece.bytes.begin(), piece.bytes.end());
    };
    CHECK(untold().bytes.empty());
    ring.append("one\ntwo\n");
    CHECK(text(untold()) == "one\ntwo\n");
    CHECK(untold().begin == 0);
    REQUIRE(mark_told(ring.fd.get(), 4));
    CHECK(text(untold()) == "two\n");
    CHECK(untold().begin == 4);
    CHECK(ring.tail().lines == Lines{"one", "two"}); // a record still shows both
    CHECK(written_to_ring(ring.fd.get()) == 8);      // and the keeper goes on where it was
    ring.append(std::string(k_ring_capacity - 2, 'x'));
    CHECK(untold().lost == 2);
    CHECK(text(untold()) == "o\n" + std::string(k_ring_capacity - 2, 'x'));
    REQUIRE(mark_told(ring.fd.get(), ring.written + 1000)); // nonsense is as good as all
    CHECK(untold().bytes.empty());
    CHECK(untold().lost == 0);
}

TEST_CASE("what is being overwritten while it is read is lost, not handed on") {
    Ring ring;
    ring.append(std::string(k_ring_capacity - 4, 'x') + "\nold");
    const std::uint64_t claimed = ring.written + k_ring_capacity - 4;
    REQUIRE(::pwrite(ring.fd.get(), &claimed, sizeof claimed, offsetof(RingHeader, claimed)) ==
            sizeof claimed);
    const Untold piece = read_untold(ring.fd.get()).value();
    CHECK(std::string(piece.bytes.begin(), piece.bytes.end()) == "\nold");
    CHECK(piece.lost == ring.written - 4);
}

TEST_CASE("only a ring of the right size that cannot shrink is one") {
    const Ring ring;
    CHECK(written_to_ring(ring.fd.get()) == 0);
    const UniqueFd loose{::memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    const RingHeader header{.capacity = k_ring_capacity};
    REQUIRE(::write(loose.get(), &header, sizeof header) == sizeof header);
    REQUIRE(::ftruncate(loose.get(), k_ring_size) == 0);
    CHECK_FALSE(written_to_ring(loose.get()));
    CHECK_FALSE(written_to_ring(STDIN_FILENO));
    CHECK_FALSE(written_to_ring(-1));
    const UniqueFd empty{::memfd_create("empty", MFD_CLOEXEC)};
    const Result<RingTail> tail = read_ring_tail(empty.get(), {});
    REQUIRE_FALSE(tail);
    CHECK(tail.error().code == EBADMSG);
}
