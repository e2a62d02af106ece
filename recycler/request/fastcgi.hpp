// SPDX-License-Identifier: MIT
// Follows the FastCGI records of one connection as the bytes pass by, in pieces of any size: when a
// request begins, what it asks for, when its answer is complete. Plain data that starts as zeroes,
// no allocation, no library: the recorder runs this very code inside foreign programs. Must not
// know where bytes come from; it never keeps or changes them.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <cstddef>
#include <cstdint>

namespace recycler::request {

// Where a stream of records stands. A stream that breaks the protocol is `lost` for good: nothing
// more is counted on it.
struct RecordStream {
    std::uint8_t header[8];
    std::uint8_t header_length; // bytes of `header` that are here
    std::uint8_t padding_left;
    std::uint16_t content_left;
    bool lost;
};

// Where a stream of name-value pairs stands; pairs may span records.
struct ParamsStream {
    enum class Step : std::uint8_t { name_length, value_length, name, value };
    enum class Name : std::uint8_t { other, method, uri, script };
    static constexpr std::size_t k_longest_name = 14; // REQUEST_METHOD

    Step step;
    Name current;
    Name uri_from;             // REQUEST_URI outranks SCRIPT_NAME, whichever comes first
    std::uint8_t length_bytes; // of the length being read that are here
    std::uint32_t length;
    std::uint32_t name_length;
    std::uint32_t value_length;
    std::uint32_t position; // within the name or the value
    char name[k_longest_name];
};

// What the client sends. All but the first two belongs to the request that began last; `method` and
// `uri` are cut to their size, filled with zeroes.
struct RequestStream {
    RecordStream records;
    ParamsStream params;
    std::uint16_t request_id;
    bool asks_to_keep;          // the connection, after the answer (FCGI_KEEP_CONN)
    bool asked;                 // its parameters are here: it can be served
    bool all_sent;              // to the end of its input
    std::uint32_t text_changes; // another number whenever `method` or `uri` is another text
    char method[k_method_size];
    char uri[k_uri_size];
};

// What the worker answers.
struct ResponseStream {
    RecordStream records;
    bool has_content; // a byte of an answer has passed since the last one was completed
    bool was_empty;   // that one had none at all
};

// The number of requests that began within these bytes.
std::uint32_t follow(RequestStream& stream, const std::uint8_t* bytes, std::size_t size);
// The number of answers that were completed by these bytes.
std::uint32_t follow(ResponseStream& stream, const std::uint8_t* bytes, std::size_t size);

// `size` bytes passed that nobody could see (sendfile). Harmless inside the content of a record,
// else the stream is lost.
void skip(RecordStream& records, std::size_t size);

} // namespace recycler::request
