// SPDX-License-Identifier: MIT
#include "tests/balancer/load/answer.hpp"
#include "tests/balancer/load/lost_list.hpp"

#include <cstdio>
#include <doctest/doctest.h>

using recycler::load::Answer;
using recycler::load::fault_of;
using recycler::load::Request;

namespace {

Request request() {
    return {"", "/app?nonce=1.7.42", "1.7.42", 3, 294};
}

std::string answer_with(const std::string& body, int status = 200) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Words\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nServer: lighttpd\r\n\r\n" + body;
}

const std::string k_right = "nonce=1.7.42 length=3 sum=294 pid=9 end=1.7.42\n";

Answer whole(const std::string& bytes) {
    Answer answer;
    REQUIRE(answer.take(bytes) == Answer::Progress::complete);
    return answer;
}

} // namespace

TEST_CASE("a right answer has no fault, in however many pieces it comes") {
    const auto bytes = answer_with(k_right);
    Answer answer;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        REQUIRE(answer.take(bytes.substr(i, 1)) == Answer::Progress::more);
    }
    REQUIRE(answer.take(bytes.substr(bytes.size() - 1)) == Answer::Progress::complete);
    CHECK_FALSE(fault_of(answer, request()));
}

TEST_CASE("each part of a wrong answer is found out") {
    const std::pair<std::string, std::string> cases[] = {
        {"nonce=1.7.42 length=3 sum=294 pid=9", "no end marker"},
        {"nonce=1.7.42 length=3 sum=294 pid=9 end=1.7.4\n", "no end marker"},
        {"nonce=1.7.43 length=3 sum=294 end=1.7.42\n", "nonce of another request"},
        {"nonce=1.7.42 length=0 sum=294 end=1.7.42\n", "wrong body length"},
        {"nonce=1.7.42 length=3 sum=29 end=1.7.42\n", "wrong byte sum"},
        {"length=3 sum=294 end=1.7.42\n", "nonce of another request"},
        {"", "no end marker"},
    };
    for (const auto& [body, fault] : cases) {
        CAPTURE(body);
        CHECK(fault_of(whole(answer_with(body)), request()) == fault);
    }
    CHECK(fault_of(whole(answer_with(k_right, 503)), request()) == "status 503");
}

TEST_CASE("an answer without a length, or longer than it says, is malformed") {
    Answer without;
    CHECK(without.take("HTTP/1.1 200 OK\r\n\r\n") == Answer::Progress::malformed);
    Answer longer;
    CHECK(longer.take(answer_with(k_right) + "x") == Answer::Progress::malformed);
    Answer other_protocol;
    CHECK(other_protocol.take("SSH-2.0\r\nContent-Length: 0\r\n\r\n") ==
          Answer::Progress::malformed);
}

TEST_CASE("an answer in chunks is whole with its last chunk, in however many pieces it comes") {
    const std::string header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto chunk = [](const std::string& text) {
        char length[16];
        std::snprintf(length, sizeof length, "%zx\r\n", text.size());
        return length + text + "\r\n";
    };
    const auto bytes =
        header + chunk(k_right.substr(0, 20)) + chunk(k_right.substr(20)) + chunk("");
    Answer answer;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        REQUIRE(answer.take(bytes.substr(i, 1)) == Answer::Progress::more);
    }
    REQUIRE(answer.take(bytes.substr(bytes.size() - 1)) == Answer::Progress::complete);
    CHECK(answer.body() == k_right);
    CHECK_FALSE(fault_of(answer, request()));
    CHECK_FALSE(fault_of(whole(bytes), request()));

    for (const std::string wrong : {"x\r\n", "3\r\nabcd\r\n", "0\r\n\r\nrest"}) {
        CAPTURE(wrong);
        Answer malformed;
        CHECK(malformed.take(header + wrong) == Answer::Progress::malformed);
    }
}

TEST_CASE("the server's wish to close the connection is heard") {
    CHECK(whole("HTTP/1.1 200 OK\r\nconnection: close\r\nContent-Length: 0\r\n\r\n")
              .closes_connection());
    CHECK_FALSE(whole(answer_with(k_right)).closes_connection());
}

TEST_CASE("a lost answer is listed with its target, its fault and its times") {
    const auto asked = request();
    using namespace std::chrono_literals;
    CHECK(
        json(recycler::load::LostAnswer{asked, "status 500", 2ms, 1764000000.25}) ==
        R"({"uri":"/app?nonce=1.7.42","fault":"status 500","at":1764000000.250,"seconds":0.002})");
}
