// SPDX-License-Identifier: MIT
#include "recycler/control/varlink/varlink.hpp"

#include <doctest/doctest.h>
#include <vector>

using recycler::control::Frames;
using namespace std::string_literals;

namespace {

std::vector<std::string> drain(Frames& frames) {
    std::vector<std::string> messages;
    while (auto message = frames.next()) {
        messages.push_back(std::move(*message));
    }
    return messages;
}

} // namespace

TEST_CASE("a stream is cut into the same messages wherever it is split") {
    const std::string stream("one\0\0three\0fo", 13);
    const std::vector<std::string> expected{"one", "", "three"};
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); ++second) {
            Frames frames(16);
            std::vector<std::string> messages;
            for (const auto& part : {stream.substr(0, first), stream.substr(first, second - first),
                                     stream.substr(second)}) {
                REQUIRE(frames.feed(part));
                for (std::string& message : drain(frames)) {
                    messages.push_back(std::move(message));
                }
            }
            REQUIRE(messages == expected);
            CHECK_FALSE(frames.empty()); // "fo" waits for its end
        }
    }
}

TEST_CASE("messages may wait while more are fed") {
    Frames frames(16);
    REQUIRE(frames.feed(std::string("a\0b", 3)));
    REQUIRE(frames.feed(std::string("b\0c\0", 4)));
    CHECK(drain(frames) == std::vector<std::string>{"a", "bb", "c"});
    CHECK(frames.empty());
}

TEST_CASE("a message of the greatest length passes and a longer one ends the stream") {
    Frames whole(4);
    CHECK(whole.feed("1234"));
    CHECK(whole.feed(std::string("\0", 1)));
    CHECK(drain(whole) == std::vector<std::string>{"1234"});
    Frames longer(4);
    CHECK_FALSE(longer.feed("12345"));
    Frames piecemeal(4);
    CHECK(piecemeal.feed("123"));
    CHECK_FALSE(piecemeal.feed("45"));
}

TEST_CASE("the length of a message counts from its own beginning") {
    Frames frames(4);
    CHECK(frames.feed("1234\0"s + "123"));
    CHECK(drain(frames) == std::vector<std::string>{"1234"});
    CHECK(frames.feed("4"));
    CHECK_FALSE(frames.feed("5"));
}

TEST_CASE("a whole message that is too long is refused although its end has come") {
    Frames frames(4);
    CHECK_FALSE(frames.feed("12345\0"s));
}

TEST_CASE("a message too long is refused also behind one that still waits") {
    Frames frames(4);
    CHECK_FALSE(frames.feed("a\0"s + "12345"));
}
