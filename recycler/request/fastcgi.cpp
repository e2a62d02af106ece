// SPDX-License-Identifier: MIT
#include "recycler/request/fastcgi.hpp"

#include <cstring>
#include <string_view>

namespace recycler::request {
namespace {

// FastCGI 1.0, section 8.
constexpr std::uint8_t k_protocol_version = 1;
constexpr std::uint8_t k_begin_request = 1;
constexpr std::uint8_t k_end_request = 3;
constexpr std::uint8_t k_params = 4;
constexpr std::uint8_t k_stdin = 5;
constexpr std::uint8_t k_stdout = 6;
constexpr std::uint8_t k_data = 8;

using Step = ParamsStream::Step;
using Name = ParamsStream::Name;

struct Chunk {
    const std::uint8_t* first;
    std::size_t size;

    Chunk take(std::size_t most) {
        const Chunk taken{first, size < most ? size : most};
        first += taken.size;
        size -= taken.size;
        return taken;
    }
};

std::uint8_t type_of(const RecordStream& records) {
    return records.header[1];
}
std::uint16_t length_of(const RecordStream& records) {
    return static_cast<std::uint16_t>(records.header[4] << 8 | records.header[5]);
}
std::uint16_t request_of(const RecordStream& records) {
    return static_cast<std::uint16_t>(records.header[2] << 8 | records.header[3]);
}

void take_header(RecordStream& records, Chunk& bytes) {
    const Chunk piece = bytes.take(sizeof records.header - records.header_length);
    std::memcpy(records.header + records.header_length, piece.first, piece.size);
    const std::size_t length = records.header_length + piece.size;
    records.header_length = static_cast<std::uint8_t>(length);
    if (length == sizeof records.header) {
        records.lost = records.header[0] != k_protocol_version;
        records.content_left = length_of(records);
        records.padding_left = records.header[6];
    }
}

// Takes the next piece of a record; true when that completes it. `content` sees the body's bytes.
template <typename Content>
bool take_piece(RecordStream& records, Chunk& bytes, Content content) {
    if (records.header_length < sizeof records.header) {
        take_header(records, bytes);
    } else if (records.content_left > 0) {
        const Chunk piece = bytes.take(records.content_left);
        records.content_left = static_cast<std::uint16_t>(records.content_left - piece.size);
        content(piece);
    } else {
        records.padding_left =
            static_cast<std::uint8_t>(records.padding_left - bytes.take(records.padding_left).size);
    }
    const bool complete = records.header_length == sizeof records.header && !records.lost &&
                          records.content_left == 0 && records.padding_left == 0;
    if (complete) {
        records.header_length = 0;
    }
    return complete;
}

constexpr std::string_view k_method_name = "REQUEST_METHOD";
constexpr std::string_view k_uri_name = "REQUEST_URI";
constexpr std::string_view k_script_name = "SCRIPT_NAME";
static_assert(k_method_name.size() <= ParamsStream::k_longest_name);

bool may_be_wanted(std::size_t length) {
    return length == k_method_name.size() || length == k_uri_name.size() ||
           length == k_script_name.size();
}

// Where the value of a pair of this name is kept, if at all.
Name wanted(const ParamsStream& params, std::string_view name) {
    if (name == k_method_name) {
        return Name::method;
    }
    if (name == k_uri_name) {
        return Name::uri;
    }
    return name == k_script_name && params.uri_from != Name::uri ? Name::script : Name::other;
}

template <std::size_t N>
void clear(char (&text)[N]) {
    std::memset(text, 0, N);
}

template <std::size_t N>
void keep(char (&text)[N], std::uint32_t position, Chunk piece) {
    if (position < N) {
        const std::size_t room = N - position;
        std::memcpy(text + position, piece.first, piece.size < room ? piece.size : room);
    }
}

void begin_value(RequestStream& stream) {
    ParamsStream& params = stream.params;
    params.step = Step::value;
    params.position = 0;
    params.current = may_be_wanted(params.name_length)
                         ? wanted(params, {params.name, params.name_length})
                         : Name::other;
    if (params.current == Name::method) {
        clear(stream.method);
    } else if (params.current != Name::other) {
        params.uri_from = params.current;
        clear(stream.uri);
    }
}

// A length is one byte, or four when the first has its highest bit set.
bool take_length(ParamsStream& params, Chunk& bytes) {
    const std::uint8_t byte = *bytes.take(1).first;
    if (params.length_bytes == 0 && byte < 0x80) {
        params.length = byte;
        return true;
    }
    params.length = params.length_bytes == 0 ? byte & 0x7fU : params.length << 8 | byte;
    params.length_bytes = static_cast<std::uint8_t>((params.length_bytes + 1) % 4);
    return params.length_bytes == 0;
}

// Takes some of the name or of the value; true when all of it has passed.
template <std::size_t N>
bool take_text(ParamsStream& params, Chunk& bytes, std::uint32_t length, char (*kept)[N]) {
    const Chunk piece = bytes.take(length - params.position);
    if (kept != nullptr) {
        keep(*kept, params.position, piece);
    }
    params.position += static_cast<std::uint32_t>(piece.size);
    return params.position == length;
}

bool take_value(RequestStream& stream, Chunk& bytes) {
    ParamsStream& params = stream.params;
    stream.text_changes += params.current == Name::other ? 0 : 1;
    if (params.current == Name::method) {
        return take_text(params, bytes, params.value_length, &stream.method);
    }
    return take_text(params, bytes, params.value_length,
                     params.current == Name::other ? nullptr : &stream.uri);
}

// Nearly all pairs are short, come in one piece and are not wanted. False: this one is not such a
// pair, or not at its beginning, and is taken step by step.
bool pass_unwanted_pair(const ParamsStream& params, Chunk& bytes) {
    if (params.step != Step::name_length || params.length_bytes != 0 || bytes.size < 2) {
        return false;
    }
    const std::size_t name_length = bytes.first[0];
    const std::size_t value_length = bytes.first[1];
    if (name_length >= 0x80 || value_length >= 0x80 ||
        bytes.size < 2 + name_length + value_length) {
        return false;
    }
    const char* const name = reinterpret_cast<const char*>(bytes.first) + 2;
    if (wanted(params, {name, name_length}) != Name::other) {
        return false;
    }
    (void)bytes.take(2 + name_length + value_length);
    return true;
}

void follow_params(RequestStream& stream, Chunk bytes) {
    ParamsStream& params = stream.params;
    while (bytes.size > 0) {
        if (pass_unwanted_pair(params, bytes)) {
            continue;
        }
        if (params.step == Step::name_length && take_length(params, bytes)) {
            params.name_length = params.length;
            params.step = Step::value_length;
        } else if (params.step == Step::value_length && take_length(params, bytes)) {
            params.value_length = params.length;
            params.step = Step::name;
            params.position = 0;
        } else if (params.step == Step::name) {
            if (take_text(params, bytes, params.name_length,
                          may_be_wanted(params.name_length) ? &params.name : nullptr)) {
                begin_value(stream);
            }
        } else if (params.step == Step::value && take_value(stream, bytes)) {
            params.step = Step::name_length;
        }
        // What has no length passes without a byte.
        if (params.step == Step::name && params.name_length == 0) {
            begin_value(stream);
        }
        if (params.step == Step::value && params.value_length == 0) {
            params.step = Step::name_length;
        }
    }
}

// Of FCGI_BEGIN_REQUEST: the role (2 bytes), the flags, 5 reserved ones. `piece` has been taken off
// `content_left`.
void take_flags(RequestStream& stream, const Chunk& piece) {
    constexpr std::size_t k_flags_at = 2;
    constexpr std::uint8_t k_keep_conn = 1;
    const std::size_t end = length_of(stream.records) - stream.records.content_left;
    const std::size_t begin = end - piece.size;
    if (begin <= k_flags_at && k_flags_at < end) {
        stream.asks_to_keep = (piece.first[k_flags_at - begin] & k_keep_conn) != 0;
    }
}

void begin_request(RequestStream& stream) {
    stream.request_id = request_of(stream.records);
    stream.asked = false;
    stream.all_sent = false;
    stream.params = {};
    clear(stream.method);
    clear(stream.uri);
}

void take_content(RequestStream& stream, const Chunk& piece) {
    if (type_of(stream.records) == k_begin_request) {
        take_flags(stream, piece);
    } else if (type_of(stream.records) == k_params &&
               request_of(stream.records) == stream.request_id) {
        follow_params(stream, piece);
    }
}

} // namespace

std::uint32_t follow(RequestStream& stream, const std::uint8_t* bytes, std::size_t size) {
    std::uint32_t begun = 0;
    RecordStream& records = stream.records;
    for (Chunk rest{bytes, size}; rest.size > 0 && !records.lost;) {
        const bool complete =
            take_piece(records, rest, [&](const Chunk& piece) { take_content(stream, piece); });
        if (!complete || request_of(records) == 0) {
            continue;
        }
        if (type_of(records) == k_begin_request) {
            ++begun;
            begin_request(stream);
        } else if (type_of(records) == k_params && request_of(records) == stream.request_id) {
            stream.asked = stream.asked || length_of(records) == 0;
        } else if (type_of(records) == k_stdin && request_of(records) == stream.request_id) {
            stream.all_sent = stream.all_sent || length_of(records) == 0;
        }
    }
    return begun;
}

std::uint32_t follow(ResponseStream& stream, const std::uint8_t* bytes, std::size_t size) {
    std::uint32_t ended = 0;
    RecordStream& records = stream.records;
    for (Chunk rest{bytes, size}; rest.size > 0 && !records.lost;) {
        const bool complete = take_piece(records, rest, [](Chunk) {});
        const bool has_header = complete || records.header_length == sizeof records.header;
        if (has_header && type_of(records) == k_stdout && length_of(records) > 0) {
            stream.has_content = true;
        } else if (complete && type_of(records) == k_end_request && request_of(records) != 0) {
            ++ended;
            stream.was_empty = !stream.has_content;
            stream.has_content = false;
        }
    }
    return ended;
}

void skip(RecordStream& records, std::size_t size) {
    const bool in_body = records.header_length == sizeof records.header &&
                         type_of(records) >= k_stdin && type_of(records) <= k_data;
    if (size == 0 || records.lost) {
        return;
    }
    if (!in_body || size > records.content_left) {
        records.lost = true;
        return;
    }
    records.content_left = static_cast<std::uint16_t>(records.content_left - size);
    if (records.content_left == 0 && records.padding_left == 0) {
        records.header_length = 0;
    }
}

} // namespace recycler::request
