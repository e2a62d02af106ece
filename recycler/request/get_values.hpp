// SPDX-License-Identifier: MIT
// The question that every FastCGI application has to answer without starting a request:
// FCGI_GET_VALUES (FastCGI Specification 1.0, section 4.1), a management record of request id 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace recycler::request {

// Asks for FCGI_MPXS_CONNS, one of the three variables of the specification: libfcgi 2.4.2 answers
// a question for none with silence. Ruby's fcgi.rb 0.9.2 knows neither the variable nor connections
// that end without a request: it ends with an exception. Static storage.
std::span<const std::uint8_t> get_values_record();

// What the bytes that came back so far are: not yet enough to say; FCGI_GET_VALUES_RESULT, or the
// FCGI_UNKNOWN_TYPE of one that knows no such question but speaks FastCGI; or anything else.
enum class ProbeAnswer { incomplete, fastcgi, other };
ProbeAnswer judge_probe_answer(std::span<const std::uint8_t> bytes);

// A record's header: so many bytes are enough.
inline constexpr std::size_t k_probe_answer_size = 8;

} // namespace recycler::request
