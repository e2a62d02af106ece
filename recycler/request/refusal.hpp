// SPDX-License-Identifier: MIT
// How a request is ended that nobody will serve. Balancers were asked what they make of it (nginx
// 1.22, HAProxy 2.6, Apache 2.4, lighttpd 1.4; the worker's connection is accepted after it has
// waited, the request is there):
//  - closed without an answer: nginx and Apache send a GET to another worker, who answers it;
//    HAProxy tells its client 502, lighttpd 500. A POST: nginx, HAProxy and lighttpd tell it to
//    their client; Apache sends it again, *with an empty body*, and its client gets a wrong 200.
//  - answered with status 503: all of them hand that on, and none sends anything again.
// So a request that may be sent again without harm is closed, and every other one is answered.
// PURE.
#pragma once

#include "recycler/request/fastcgi.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace recycler::request {

// What a client has sent so far of its first request: so much of it is looked at. Balancers send
// the method within the first kilobytes.
inline constexpr std::size_t k_looked_at = std::size_t{16} * 1024;

// Whether it is to be answered, and not just closed: it has begun and is neither GET nor HEAD, or
// is not known to be.
[[nodiscard]] bool wants_an_answer(const RequestStream& seen);

// "POST /pay?x=1", for people: printable, and the URI cut after so many characters. Empty as long
// as not all of its parameters are here.
inline constexpr std::size_t k_longest_told_uri = 120;
[[nodiscard]] std::string in_words(const RequestStream& seen);

// The whole answer to it, in FastCGI records: status 503, a sentence for whoever reads it, the end.
[[nodiscard]] std::vector<std::uint8_t> unavailable(const RequestStream& seen);

} // namespace recycler::request
