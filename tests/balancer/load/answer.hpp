// SPDX-License-Identifier: MIT
// One HTTP answer: read from whatever pieces the socket delivers, then held against the request it
// must belong to. Pure. An answer that is only half there is never taken for a whole one: it needs
// Content-Length, or its last chunk, and the worker's end marker.
#pragma once

#include "tests/balancer/load/chunked_body.hpp"
#include "tests/balancer/load/load_plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recycler::load {

class Answer {
  public:
    enum class Progress { more, complete, malformed };

    // Takes the next bytes of the connection. After `complete` or `malformed` nothing more may
    // come.
    Progress take(std::string_view bytes);

    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] bool closes_connection() const { return closes_connection_; }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] std::string_view body() const;

  private:
    Progress take_body(std::string_view fresh);
    bool read_header();
    bool read_header_line(std::string_view line);

    std::string bytes_;
    std::size_t header_length_ = 0; // 0: the header is not complete
    std::optional<std::uint64_t> body_length_;
    std::optional<ChunkedBody> chunks_; // there: the body comes in chunks
    int status_ = 0;
    bool closes_connection_ = false;
};

// What is wrong with a complete answer to `request`, in a few words; nullopt: all is as it must be.
// The worker's answer is "nonce=N length=L sum=S ... end=N\n": who answers something else, or stops
// early, is found out.
std::optional<std::string> fault_of(const Answer& answer, const Request& request);

} // namespace recycler::load
