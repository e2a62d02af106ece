// SPDX-License-Identifier: MIT
#include "recycler/events/line_reader.hpp"

#include "recycler/base/unique_fd.hpp"

#include <doctest/doctest.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace recycler;
using namespace recycler::events;

namespace {

UniqueFd file_with(const std::string& text) {
    UniqueFd fd(::memfd_create("lines", MFD_CLOEXEC));
    REQUIRE(fd);
    REQUIRE(::pwrite(fd.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return fd;
}

std::vector<std::string> lines_of(const std::string& text, Bytes longest = 1_MiB) {
    const UniqueFd fd = file_with(text);
    std::vector<std::string> lines;
    const auto walked = walk_back(fd.get(), longest, [&](std::string_view line) {
        lines.emplace_back(line);
        return Walk::on;
    });
    REQUIRE(walked);
    CHECK(*walked == Walk::on);
    return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines come newest first, without their newlines") {
    CHECK(lines_of("one\ntwo\nthree\n") == Lines{"three", "two", "one"});
    CHECK(lines_of("\n\none\n\n") == Lines{"one"});
    CHECK(lines_of("") == Lines{});
}

TEST_CASE("a last line without its newline was torn and is not shown") {
    CHECK(lines_of("one\ntwo\nthr") == Lines{"two", "one"});
    CHECK(lines_of("thr") == Lines{});
}

TEST_CASE("a line is whole wherever the blocks of the reader happen to cut it") {
    constexpr std::size_t block = std::size_t{64} << 10;
    for (const std::size_t around :
         {block - 2, block - 1, block, block + 1, 2 * block, 3 * block}) {
        const std::string long_line(around, 'x');
        CHECK(lines_of("first\n" + long_line + "\nlast\n") == Lines{"last", long_line, "first"});
        CHECK(lines_of("first\n" + long_line + "\n") == Lines{long_line, "first"});
        CHECK(lines_of(long_line + "\nfirst\n" + std::string(around, 't')) ==
              Lines{"first", long_line});
    }
}

TEST_CASE("a line longer than allowed is passed over, and its neighbours are not") {
    const std::string allowed(100, 'a');
    CHECK(lines_of("one\n" + std::string(101, 'b') + "\n" + allowed + "\n", Bytes{100}) ==
          Lines{allowed, "one"});
    CHECK(lines_of(std::string(200000, 'b') + "\none\n", Bytes{100}) == Lines{"one"});
}

TEST_CASE("the reader stops as soon as its visitor has enough") {
    const UniqueFd fd = file_with("one\ntwo\nthree\n");
    Lines seen;
    const auto walked = walk_back(fd.get(), 1_MiB, [&](std::string_view line) {
        seen.emplace_back(line);
        return line == "two" ? Walk::enough : Walk::on;
    });
    REQUIRE(walked);
    CHECK(*walked == Walk::enough);
    CHECK(seen == Lines{"three", "two"});
}

TEST_CASE("what cannot be read is an error, not an empty file") {
    CHECK_FALSE(walk_back(-1, 1_MiB, [](std::string_view) { return Walk::on; }));
}
