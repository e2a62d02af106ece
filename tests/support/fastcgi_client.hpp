// SPDX-License-Identifier: MIT
// A FastCGI client for tests: one connection, one request at a time, every wait with a deadline.
// Owns the socket and what has arrived on it; believes only whole answers.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace recycler::testing {

enum class AfterAnswer : std::uint8_t { close, keep };

// What a balancer would send. REQUEST_URI, QUERY_STRING, CONTENT_LENGTH and so on are made of
// these.
struct FastCgiRequest {
    std::string method = "GET";
    std::string path = "/";
    std::string query;
    std::string body;
    std::map<std::string, std::string> params; // added, or instead of the usual ones
    AfterAnswer after = AfterAnswer::close;
    std::uint16_t id = 1;
};

struct FastCgiAnswer {
    std::string out;
    std::string err;
    std::uint32_t app_status = 0;
    std::uint8_t protocol_status = 0;

    // What the workers of tests/workers say: the value of "nonce=..", "length=..", "sum=..",
    // "pid=.."; empty when missing.
    [[nodiscard]] std::string word(std::string_view name) const;
};

// The records of a request, cut into pieces of at most `largest_record` bytes of content.
std::string encode(const FastCgiRequest& request, std::size_t largest_record = 65535);

class FastCgiClient {
  public:
    // Fails at once when the address refuses.
    static Result<FastCgiClient> connect_tcp(std::uint16_t port); // 127.0.0.1
    static Result<FastCgiClient> connect_unix(const std::string& path);

    Result<void> send(const FastCgiRequest& request);
    Result<void> send_bytes(std::string_view bytes);
    // The next whole answer. An error says how it failed: "closed before END_REQUEST", a reset, or
    // the deadline.
    Result<FastCgiAnswer> receive(Duration deadline = std::chrono::seconds{10});
    // send(), then receive().
    Result<FastCgiAnswer> ask(const FastCgiRequest& request);

    [[nodiscard]] int fd() const { return socket_.get(); }
    void close() { socket_.reset(); }

  private:
    explicit FastCgiClient(UniqueFd socket) : socket_(std::move(socket)) {}

    UniqueFd socket_;
    std::string arrived_;
};

// Asks once on a new connection and checks that the answer is the one to this very request: its
// nonce, the length and the sum of the body, the end marker. An error names the fault. `query` must
// not have a nonce.
Result<FastCgiAnswer> ask_and_check(std::uint16_t port, FastCgiRequest request);
// The same on a connection that is open; `nonce` must differ from request to request.
Result<FastCgiAnswer> ask_and_check(FastCgiClient& client, FastCgiRequest request,
                                    std::string_view nonce);

} // namespace recycler::testing
