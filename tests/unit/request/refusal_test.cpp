// What is told to whoever waited where nobody will serve.
#include "recycler/request/refusal.hpp"

#include <doctest/doctest.h>
#include <string>
#include <string_view>

using namespace recycler::request;

namespace {

std::string record(std::uint8_t type, std::uint16_t request, const std::string& content) {
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

std::string pair(const std::string& name, const std::string& value) {
    return std::string{static_cast<char>(name.size()), static_cast<char>(value.size())} + name +
           value;
}

RequestStream sent(const std::string& bytes) {
    RequestStream seen{};
    (void)follow(seen, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return seen;
}

RequestStream asks(const std::string& method, std::uint16_t request = 1) {
    return sent(record(1, request, std::string("\0\1\0\0\0\0\0\0", 8)) +
                record(4, request, pair("REQUEST_METHOD", method)) + record(4, request, ""));
}

} // namespace

TEST_CASE("what can be sent again without harm is not answered, all else is") {
    CHECK_FALSE(wants_an_answer(asks("GET")));
    CHECK_FALSE(wants_an_answer(asks("HEAD")));
    CHECK(wants_an_answer(asks("POST")));
    CHECK(wants_an_answer(asks("PUT")));
    CHECK(wants_an_answer(asks("get"))); // methods are case-sensitive
    CHECK(wants_an_answer(asks("a-method-that-is-longer-than-the-field-for-it")));
    CHECK(wants_an_answer(sent(record(1, 1, std::string("\0\1\0\0\0\0\0\0", 8)))));
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
