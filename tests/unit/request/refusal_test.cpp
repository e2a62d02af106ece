// SPDX-License-Identifier: MIT
// What is told to whoever waited where nobody will serve.
#include "recycler/request/refusal.hpp"

#include <doctest/doctest.h>
#include <string>
#include <string_view>

using namespace recycler::request;

namespace {

std::string a_record(std::uint8_t type, std::uint16_t request, const std::string& content) {
    const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
    return std::string{byte(1),
                       byte(type),
                       byte(request >> 8U),
                       byte(request),
                       byte(content.size() >> 8),
                       byte(content.size()),
                       0,
                       0} +
           content;
}

std::string a_pair(const std::string& name, const std::string& value) {
    return std::string{static_cast<char>(name.size()), static_cast<char>(value.size())} + name +
           value;
}

RequestStream sent(const std::string& bytes) {
    RequestStream seen{};
    (void)follow(seen, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return seen;
}

RequestStream asks(const std::string& method, std::uint16_t request = 1) {
    return sent(a_record(1, request, std::string("\0\1\0\0\0\0\0\0", 8)) +
                a_record(4, request, a_pair("REQUEST_METHOD", method)) + a_record(4, request, ""));
}

} // namespace

TEST_CASE("what can be sent again without harm is not answered, all else is") {
    CHECK_FALSE(wants_an_answer(asks("GET")));
    CHECK_FALSE(wants_an_answer(asks("HEAD")));
    CHECK(wants_an_answer(asks("POST")));
    CHECK(wants_an_answer(asks("PUT")));
    CHECK(wants_an_answer(asks("get"))); // methods are case-sensitive
    CHECK(wants_an_answer(asks("a-method-that-is-longer-than-the-field-for-it")));
    CHECK(wants_an_answer(sent(a_record(1, 1, std::string("\0\1\0\0\0\0\0\0", 8)))));
}

TEST_CASE("who has sent nothing, or no FastCGI, gets no answer") {
    CHECK_FALSE(wants_an_answer(sent("")));
    CHECK_FALSE(wants_an_answer(sent("GET / HTTP/1.1\r\n\r\n")));
}

TEST_CASE("the answer is whole, and bears the number of its request") {
    const auto bytes = unavailable(asks("POST", 258));
    ResponseStream answer{};
    CHECK(follow(answer, bytes.data(), bytes.size()) == 1);
    CHECK(answer.records.header_length == 0);
    CHECK_FALSE(answer.records.lost);
    CHECK((bytes[2] == 1 && bytes[3] == 2));
    const std::string text(bytes.begin(), bytes.end());
    CHECK(text.find("Status: 503 Service Unavailable\r\n") != std::string::npos);
    CHECK(text.find("\r\n\r\nNo worker") != std::string::npos);
}

namespace {

RequestStream asks_for(const std::string& method, const std::string& uri) {
    const std::string params = a_pair("REQUEST_METHOD", method) + a_pair("REQUEST_URI", uri);
    return sent(a_record(1, 1, std::string("\0\1\0\0\0\0\0\0", 8)) + a_record(4, 1, params) +
                a_record(4, 1, ""));
}

} // namespace

TEST_CASE("what is turned away is named by its method and its URI, bounded and printable") {
    CHECK(in_words(asks_for("POST", "/pay?x=1")) == "POST /pay?x=1");
    CHECK(in_words(asks_for("POST", "/a\n\x1b[31m")) == "POST /a%0A%1B[31m");
    const std::string longest(k_longest_told_uri, 'a');
    CHECK(in_words(asks_for("GET", longest)) == "GET " + longest);
    const std::string cut = in_words(asks_for("GET", longest + "b"));
    CHECK(cut == "GET " + longest.substr(0, k_longest_told_uri - 3) + "...");
}

TEST_CASE("what has not said all that it asks for is not named") {
    CHECK(in_words(sent("")).empty());
    CHECK(in_words(asks("GET")).empty()); // without a URI
    CHECK(in_words(
              sent(a_record(1, 1, std::string("\0\1\0\0\0\0\0\0", 8)) +
                   a_record(4, 1, a_pair("REQUEST_METHOD", "GET") + a_pair("REQUEST_URI", "/a"))))
              .empty());
    CHECK(in_words(sent("GET / HTTP/1.1\r\n\r\n")).empty());
}
