// SPDX-License-Identifier: MIT
#include "recycler/request/fastcgi.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <doctest/doctest.h>
#include <string>
#include <string_view>

using namespace recycler::request;
using recycler::testing::encode;
using recycler::testing::FastCgiRequest;

namespace {

const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

template <typename Stream>
std::uint32_t feed(Stream& stream, std::string_view bytes) {
    return follow(stream, bytes_of(bytes), bytes.size());
}

std::string_view method_of(const RequestStream& stream) {
    return {stream.method, strnlen(stream.method, sizeof stream.method)};
}
std::string_view uri_of(const RequestStream& stream) {
    return {stream.uri, strnlen(stream.uri, sizeof stream.uri)};
}

std::string record(char type, char id, std::string_view body, std::size_t padding = 0) {
    std::string out{1, type, 0, id};
    out += {static_cast<char>(body.size() >> 8), static_cast<char>(body.size()),
            static_cast<char>(padding), 0};
    return out + std::string{body} + std::string(padding, 'p');
}

constexpr char k_begin = 1;
constexpr char k_abort = 2;
constexpr char k_end = 3;
constexpr char k_params = 4;
constexpr char k_stdin = 5;
constexpr char k_stdout = 6;
constexpr char k_get_values = 9;
const std::string k_responder(8, '\0');

std::string pair(std::string_view name, std::string_view value) {
    return std::string{static_cast<char>(name.size()), static_cast<char>(value.size())} +
           std::string{name} + std::string{value};
}

FastCgiRequest post() {
    return {.method = "POST",
            .path = "/shop/cart",
            .query = "add=7",
            .body = std::string(300, '\x01'), // looks like version bytes and BEGIN records
            .params = {{"HTTP_COOKIE", std::string(200, 'c')}}};
}

RequestStream begun(std::string_view params) {
    RequestStream stream{};
    feed(stream, record(k_begin, 1, k_responder) + record(k_params, 1, params));
    return stream;
}

} // namespace

TEST_CASE("a request is understood the same wherever its bytes are split") {
    const std::string bytes = encode(post());
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        RequestStream stream{};
        const std::uint32_t begins =
            feed(stream, bytes.substr(0, cut)) + feed(stream, bytes.substr(cut));
        REQUIRE(begins == 1);
        REQUIRE(method_of(stream) == "POST");
        REQUIRE(uri_of(stream) == "/shop/cart?add=7");
        REQUIRE_FALSE(stream.records.lost);
    }
}

TEST_CASE("a request is understood byte by byte, and with its pairs spread over records") {
    for (const std::size_t largest : {1U, 2U, 3U, 7U, 100U, 65535U}) {
        CAPTURE(largest);
        RequestStream stream{};
        std::uint32_t begins = 0;
        for (const char byte : encode(post(), largest)) {
            begins += feed(stream, {&byte, 1});
        }
        CHECK(begins == 1);
        CHECK(method_of(stream) == "POST");
        CHECK(uri_of(stream) == "/shop/cart?add=7");
    }
}

TEST_CASE("requests on a kept connection are counted one by one, the last one is kept") {
    RequestStream stream{};
    FastCgiRequest second;
    second.path = "/next";
    CHECK(feed(stream, encode(post()) + encode(second)) == 2);
    CHECK(method_of(stream) == "GET");
    CHECK(uri_of(stream) == "/next");
}

TEST_CASE("a request is asked when its last parameter is here, whatever comes behind it") {
    const std::string head = record(k_begin, 1, k_responder) +
                             record(k_params, 1, pair("REQUEST_URI", "/x")) +
                             record(k_params, 2, "") + record(k_params, 1, "", 3);
    for (std::size_t cut = 0; cut <= head.size(); ++cut) {
        RequestStream stream{};
        feed(stream, head.substr(0, cut));
        REQUIRE(stream.asked == (cut == head.size()));
    }
    RequestStream stream{};
    feed(stream, head + record(k_stdin, 1, "body"));
    CHECK(stream.asked);
    CHECK_FALSE(stream.all_sent);
    feed(stream, record(k_stdin, 1, "") + record(k_begin, 2, k_responder));
    CHECK_FALSE(stream.asked);
}

TEST_CASE(
    "whether the connection is to be kept, and that all was sent, is known wherever it is cut") {
    for (const bool keeps : {false, true}) {
        std::string flags = k_responder;
        flags[2] = keeps ? '\x01' : '\x00';
        flags[3] = '\x01'; // reserved, and of no meaning
        const std::string bytes = record(k_get_values, 0, "", 3) + record(k_begin, 1, flags, 5) +
                                  record(k_params, 1, "", 1) + record(k_stdin, 1, "body") +
                                  record(k_stdin, 1, "", 7);
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            RequestStream stream{};
            feed(stream, bytes.substr(0, cut));
            REQUIRE(stream.all_sent == (cut == bytes.size()));
            feed(stream, bytes.substr(cut));
            REQUIRE(stream.asks_to_keep == keeps);
            REQUIRE(stream.all_sent);
        }
    }
}

TEST_CASE("the last request says whether the connection is to be kept, and has sent nothing yet") {
    std::string keeps = k_responder;
    keeps[2] = '\x01';
    RequestStream stream{};
    feed(stream, record(k_begin, 1, keeps) + record(k_stdin, 1, "") +
                     record(k_begin, 2, k_responder) + record(k_stdin, 1, ""));
    CHECK_FALSE(stream.asks_to_keep);
    CHECK_FALSE(stream.all_sent); // what ended is the input of another request
    feed(stream, record(k_begin, 2, keeps).substr(0, 11));
    CHECK(stream.asks_to_keep);
}

TEST_CASE("a request that has begun shows nothing of the one before it") {
    RequestStream stream{};
    feed(stream, encode(post()));
    CHECK(feed(stream, record(k_begin, 1, k_responder)) == 1);
    CHECK(method_of(stream).empty());
    CHECK(uri_of(stream).empty());
}

TEST_CASE("REQUEST_URI outranks SCRIPT_NAME, whichever comes first") {
    const std::string script = pair("SCRIPT_NAME", "/dispatch.fcgi");
    const std::string uri = pair("REQUEST_URI", "/a?b=c");
    CHECK(uri_of(begun(script)) == "/dispatch.fcgi");
    CHECK(uri_of(begun(script + uri)) == "/a?b=c");
    CHECK(uri_of(begun(uri + script)) == "/a?b=c");
}

TEST_CASE("names that only resemble the wanted ones are passed over") {
    const auto stream = begun(pair("REQUEST_METHODS", "A") + pair("REQUEST_METHO", "B") +
                              pair("request_uri", "/c") + pair("", "d") + pair("REQUEST_URI", "") +
                              pair("", "") + pair("REQUEST_METHOD", "PUT"));
    CHECK(method_of(stream) == "PUT");
    CHECK(uri_of(stream).empty());
}

TEST_CASE("long values have four-byte lengths and are cut to their room") {
    FastCgiRequest request;
    request.path = "/" + std::string(5000, 'u');
    request.method = std::string(40, 'M');
    RequestStream stream{};
    CHECK(feed(stream, encode(request)) == 1);
    CHECK(uri_of(stream) == request.path.substr(0, k_uri_size));
    CHECK(method_of(stream) == std::string(k_method_size, 'M'));
}

TEST_CASE("the text changes are told, and the body is none") {
    RequestStream stream{};
    feed(stream, record(k_begin, 1, k_responder));
    const std::uint32_t before = stream.text_changes;
    feed(stream, record(k_params, 1, pair("REQUEST_URI", "/a")));
    const std::uint32_t after = stream.text_changes;
    CHECK(after != before);
    feed(stream, record(k_params, 1, pair("HTTP_HOST", "shop")) + record(k_params, 1, ""));
    feed(stream, record(k_stdin, 1, pair("REQUEST_URI", "/b")));
    CHECK(stream.text_changes == after);
    CHECK(uri_of(stream) == "/a");
}

TEST_CASE("multiplexed requests are counted, and only the last one's params are read") {
    RequestStream stream{};
    CHECK(feed(stream, record(k_begin, 1, k_responder) + record(k_begin, 2, k_responder)) == 2);
    feed(stream, record(k_params, 1, pair("REQUEST_URI", "/one")));
    feed(stream, record(k_params, 2, pair("REQUEST_URI", "/two")));
    feed(stream, record(k_abort, 1, ""));
    CHECK(uri_of(stream) == "/two");
    ResponseStream response{};
    CHECK(feed(response, record(k_end, 2, k_responder) + record(k_end, 1, k_responder)) == 2);
}

TEST_CASE("management records are no requests") {
    RequestStream stream{};
    CHECK(feed(stream, record(k_get_values, 0, pair("FCGI_MAX_CONNS", "")) +
                           record(k_begin, 0, k_responder)) == 0);
    ResponseStream response{};
    CHECK(feed(response, record(k_end, 0, k_responder)) == 0);
}

TEST_CASE("an answer counts when its last byte has passed, padding included") {
    const std::string answer = record(k_stdout, 1, "Content-Type: text/plain\r\n\r\nok", 2) +
                               record(k_stdout, 1, "") + record(k_end, 1, k_responder, 3);
    for (std::size_t cut = 0; cut < answer.size(); ++cut) {
        ResponseStream stream{};
        REQUIRE(feed(stream, answer.substr(0, cut)) == 0);
        REQUIRE(feed(stream, answer.substr(cut)) == 1);
    }
}

TEST_CASE("an answer without a byte in it is known from one with some, wherever it is cut") {
    const std::string end = record(k_stdout, 1, "") + record(k_end, 1, k_responder);
    const std::string answers = record(k_stdout, 1, "ok") + end + end;
    for (std::size_t cut = 0; cut < answers.size(); ++cut) {
        ResponseStream stream{};
        feed(stream, answers.substr(0, cut));
        CHECK(feed(stream, answers.substr(cut)) <= 2);
        REQUIRE(stream.was_empty);
    }
    ResponseStream stream{};
    feed(stream, record(k_stdout, 1, "ok") + end);
    CHECK_FALSE(stream.was_empty);
}

TEST_CASE("what breaks the protocol is lost and counts no more") {
    RequestStream stream{};
    const std::string request = encode(post());
    CHECK(feed(stream, request + "HTTP/1.1" + request) == 1);
    CHECK(stream.records.lost);
    CHECK(feed(stream, request) == 0);
}

TEST_CASE("bytes that nobody saw pass within a body and lose the stream elsewhere") {
    const std::string head = record(k_stdout, 1, std::string(100, 'x')).substr(0, 8);
    ResponseStream stream{};
    feed(stream, head);
    skip(stream.records, 60);
    skip(stream.records, 0);
    skip(stream.records, 40);
    CHECK(feed(stream, record(k_end, 1, k_responder)) == 1);
    skip(stream.records, 0);
    CHECK_FALSE(stream.records.lost);

    ResponseStream beyond{};
    feed(beyond, head);
    skip(beyond.records, 101);
    CHECK(beyond.records.lost);

    ResponseStream between{};
    skip(between.records, 1);
    CHECK(between.records.lost);

    RequestStream params{};
    feed(params, record(k_begin, 1, k_responder) + record(k_params, 1, "abcd").substr(0, 8));
    skip(params.records, 2);
    CHECK(params.records.lost);
}
